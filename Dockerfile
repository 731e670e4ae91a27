# The whole app in a container, as a class: the log shows the join code and the teacher's link.
#
#   docker build -t ganlab .                               (with --build-arg TORCH=cu130 for an NVIDIA GPU)
#   docker run -p 127.0.0.1:7860:7860 -v ganlab:/home/user/work ganlab          (with --gpus all for that build)
#
# Runs and data are in /home/user/work. To let others in, publish the port on the network (-p 7860:7860) and give the
# address that they open: -e GANLAB_URL=http://lab.example.org:7860.
#
# A Docker Space: push this repository to it with these lines on top of README.md, then open https://ORG-NAME.hf.space,
# since the app forbids other sites to show it in a frame. The Space's log has the code; without persistent storage the
# runs are gone after a restart, and with it set the variable GANLAB_RUNS=/data/runs.
#
#   ---
#   title: GANLab
#   sdk: docker
#   app_port: 7860
#   ---
FROM python:3.11-slim

# Which build of PyTorch: cpu, or a CUDA version that it is built for.
ARG TORCH=cpu

WORKDIR /src
COPY requirements.txt .
RUN grep -E '^torch(vision)?==' requirements.txt > torch.txt \
    && grep -v '^-e' requirements.txt > rest.txt \
    && pip install --no-cache-dir -r torch.txt --index-url "https://download.pytorch.org/whl/$TORCH" \
    && pip install --no-cache-dir -r rest.txt
COPY . .
RUN pip install --no-cache-dir --no-deps . && pip check

# Spaces run as user 1000.
RUN useradd --create-home --uid 1000 user
USER user
RUN mkdir /home/user/work
WORKDIR /home/user/work
ENV GANLAB_URL=http://127.0.0.1:7860
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/_stcore/health', timeout=5)"]
CMD ["ganlab", "app", "--classroom", "--port", "7860"]
