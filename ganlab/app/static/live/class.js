// @ts-check
// The class's line above the pages that are not the live view.
import "./theme.js";
import { byId } from "./dom.js";
import { ClassBar } from "./parts/classbar.js";
import { Lesson } from "./state/lesson.js";

new ClassBar(byId("class"), new Lesson());
