// Makes the station handier where scripts run. Every page works without, all but the live camera.
"use strict";

document.documentElement.classList.add("scripted");
lockWhenIdle();
sendOnce();
const photoForm = document.querySelector("form.photo");
if (photoForm) {
  takePhotos(photoForm);
}
const questions = document.querySelector("form.questions");
if (questions) {
  keepAnswers(questions);
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The station forgets an idle browser; the page that it left behind must not stay in sight either. Idle means that nobody
// types, scrolls or taps: the station hears of that some seconds later, and both count from then.
function lockWhenIdle() {
  const seconds = Number(document.body.dataset.idleS);
  if (!seconds) {
    return;
  }
  let idle;
  let telling;
  const restart = () => {
    clearTimeout(idle);
    idle = setTimeout(leave, seconds * 1000 + 2000);
  };
  const tell = () => {
    telling = undefined;
    fetch("/alive", { redirect: "manual" }).then(leaveIfLocked).catch(() => {});
    restart();
  };
  const touched = () => {
    telling = telling || setTimeout(tell, Math.min(20, seconds / 4) * 1000);
  };
  for (const event of ["keydown", "input", "pointerdown", "touchstart", "wheel", "scroll"]) {
    addEventListener(event, touched, { capture: true, passive: true });
  }
  restart();
  // A page from the browser's memory may be of a session that has ended.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

// Any other answer than the one asked for leads to the lock.
function leaveIfLocked(response) {
  if (response.type === "opaqueredirect" && !document.querySelector("form[data-sent]")) {
    leave();
  }
}

// What was typed and not sent goes along: the station keeps it, does nothing with it, and shows it after unlocking.
function leave() {
  const keeps = /\/(consent|questions|override|outcome)$/;
  const form = [...document.querySelectorAll("main form[data-changed]")].find((one) => keeps.test(one.action));
  if (!form) {
    location.replace("/unlock");
    return;
  }
  form.dataset.sent = "yes";
  form.action += "?keep";
  form.submit();
}

// A second tap on a slow machine sends nothing twice.
function sendOnce() {
  for (const form of document.querySelectorAll("form")) {
    form.addEventListener("input", () => (form.dataset.changed = "yes"));
    form.addEventListener("submit", (event) => {
      // A download leaves the page as it is, and may be asked for again.
      if (form.dataset.sent && !form.classList.contains("again")) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      const busy = event.submitter && event.submitter.dataset.busy;
      if (busy) {
        form.querySelector(".status").textContent = busy;
      }
    });
    addEventListener("pageshow", () => delete form.dataset.sent);
  }
}

function takePhotos(form) {
  const status = form.querySelector(".status");
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      if (!input.files.length) {
        return;
      }
      if (input.files[0].size > Number(status.dataset.limit)) {
        status.textContent = status.dataset.tooLarge;
        input.value = "";
        return;
      }
      status.textContent = status.dataset.busy;
      form.requestSubmit();
    });
  }
  // Browsers give the live camera to pages of this machine, or through TLS; elsewhere the phone's own camera app opens.
  const camera = form.querySelector(".camera");
  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
    camera.hidden = false;
    document.documentElement.classList.add("has-camera");
    useCamera(form, camera, status);
  }
}

function useCamera(form, camera, status) {
  const start = camera.querySelector("[data-camera=start]");
  const take = camera.querySelector("[data-camera=take]");
  const view = camera.querySelector(".viewfinder");
  const video = camera.querySelector("video");

  start.addEventListener("click", async () => {
    try {
      const wanted = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1920 } };
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch {
      status.textContent = camera.dataset.noCamera;
      camera.hidden = true;
      document.documentElement.classList.remove("has-camera");
      return;
    }
    start.hidden = true;
    view.hidden = false;
    take.focus();
  });

  take.addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    // What the square on the screen shows, and nothing else that the camera sees.
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (!side) {
      return;
    }
    canvas.width = canvas.height = side;
    const left = (video.videoWidth - side) / 2;
    const top = (video.videoHeight - side) / 2;
    canvas.getContext("2d").drawImage(video, left, top, side, side, 0, 0, side, side);
    canvas.toBlob((blob) => {
      const files = new DataTransfer();
      files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
      form.querySelector("input[name=file]").files = files.files;
      video.srcObject.getTracks().forEach((track) => track.stop());
      status.textContent = status.dataset.busy;
      form.requestSubmit();
    }, "image/jpeg", 0.95);
  });
}

// Answers survive a reload: they go to the station as they are given, and nowhere on this device.
function keepAnswers(form) {
  form.addEventListener("change", () => {
    const answers = new URLSearchParams(new FormData(form));
    fetch(form.action.replace(/questions$/, "answers"), { method: "POST", body: answers, redirect: "manual" })
      .then(leaveIfLocked)
      .catch(() => {});
  });
}
