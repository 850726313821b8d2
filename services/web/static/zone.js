// Tells the server the person's time zone (an IANA name) in a cookie, so that dates are calendar days there.
// Without scripts the server uses UTC.
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const cookie = "nj_zone=" + zone;
  if (!zone || document.cookie.split("; ").includes(cookie)) {
    return;
  }
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = cookie + "; path=/; max-age=31536000; samesite=lax" + secure;
})();
