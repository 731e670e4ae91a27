"""Looking around in a generator's latent space: paths, planes and sums of z, and what to compare its pictures with."""
