"""Consent dialogs: how the usual managers' buttons are found and pressed. Never a failure: most pages show none."""

import asyncio
import time
from contextlib import suppress

from playwright.async_api import ElementHandle, Error, Frame, Page

DIALOG_S = 4.0
"""For which a dialog is waited."""
_LOOK_AGAIN_S = 0.25
_FRAME_S = 1.0
_PRESS_S = 1.5

BUTTONS = {
    "OneTrust": ("#onetrust-accept-btn-handler", "#accept-recommended-btn-handler"),
    "Cookiebot": (
        *("#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll", "#CybotCookiebotDialogBodyButtonAccept"),
        "#CybotCookiebotDialogBodyLevelButtonAccept",
    ),
    "Usercentrics": ('[data-testid="uc-accept-all-button"]', "#uc-btn-accept-banner", "button#accept.uc-accept-button"),
    "Didomi": ("#didomi-notice-agree-button", ".didomi-continue-without-agreeing"),
    "Quantcast": ("#qc-cmp2-ui button[mode=primary]", ".qc-cmp-button:not(.qc-cmp-secondary-button)"),
    "TrustArc": ("#truste-consent-button", ".trustarc-agree-btn", ".pdynamicbutton .call"),
    "Sourcepoint": ('button[title="Accept all" i].sp_choice_type_11', "button.sp_choice_type_11"),
    "Osano": (".osano-cm-accept-all", ".osano-cm-dialog__button--type_accept"),
    "CookieYes": (".cky-btn-accept", "#cookie_action_close_header"),
    "Complianz": (".cmplz-btn.cmplz-accept",),
    "Borlabs": ("[data-cookie-accept-all]", "#BorlabsCookieBox ._brlbs-btn-accept-all"),
    "Iubenda": (".iubenda-cs-accept-btn",),
    "Klaro": (".klaro .cm-btn-success",),
    "consentmanager": ("#cmpwelcomebtnyes a", "#cmpbntyestxt"),
    "Shopware": (".js-offcanvas-cookie-accept-all", ".cookie-permission--accept-button"),
    "Shopify": ("#shopify-pc__banner__btn-accept",),
    "Google": ('form[action*="consent.google"] button[aria-label^="Accept" i]', "#L2AGLb"),
    "Amazon": ("#sp-cc-accept",),
    "eBay": ("#gdpr-banner-accept",),
    "IKEA, H&M and others": ("#accept-cookies", "#acceptCookies", "#accept-all-cookies", "#cookie-accept-all"),
}
"""By manager, in the order in which they are looked for."""

TEXTS = (
    *("accept all cookies", "accept all", "accept cookies", "allow all cookies", "allow all", "i accept", "i agree"),
    *("accept & continue", "accept and continue", "agree and close", "accept", "agree", "got it"),
    *("alle akzeptieren", "alle cookies akzeptieren", "alles akzeptieren", "allen zustimmen", "alle zulassen"),
    *("akzeptieren", "zustimmen", "einverstanden", "zustimmen und weiter", "cookies akzeptieren"),
    *("tout accepter", "accepter tout", "accepter et fermer", "accepter et continuer", "accepter", "j'accepte"),
    *("aceptar todo", "aceptar todas", "aceptar todas las cookies", "aceptar cookies", "aceptar", "acepto"),
    *("accetta tutto", "accetta tutti", "accetta tutti i cookie", "accetta e continua", "accetta", "accetto"),
    *("aceitar tudo", "aceitar todos", "aceitar todos os cookies", "aceitar cookies", "aceitar", "concordo"),
    *("alles accepteren", "alle cookies accepteren", "alles toestaan", "accepteren", "akkoord"),
    *("godkänn alla", "acceptera alla", "acceptera alla cookies", "tillåt alla", "godkänn", "acceptera"),
    *("godta alle", "aksepter alle", "godkjenn alle", "tillat alle", "godta", "jeg godtar"),
    *("accepter alle", "tillad alle", "acceptér alle", "accepter alle cookies", "tillad alle cookies"),
    *("hyväksy kaikki", "hyväksy kaikki evästeet", "salli kaikki", "hyväksy"),
    *("akceptuję", "akceptuj wszystkie", "zaakceptuj wszystkie", "zaakceptuj wszystko", "zgadzam się", "akceptuj"),
    *("přijmout vše", "přijmout všechny", "souhlasím", "povolit vše", "přijmout", "rozumím"),
    *("prijať všetko", "prijať všetky", "súhlasím", "povoliť všetky"),
    *("összes elfogadása", "elfogadom", "az összes elfogadása", "elfogadom az összeset"),
    *("acceptă tot", "acceptă toate", "accept toate", "sunt de acord"),
    *("приемам всички", "приемам", "приеми всички", "принять все", "принять", "согласен", "хорошо", "прийняти всі"),
    *("αποδοχή όλων", "αποδοχή", "συμφωνώ", "tümünü kabul et", "kabul et", "kabul ediyorum", "tümüne izin ver"),
    *("sprejmi vse", "prihvati sve", "prihvaćam", "nõustun kõigiga", "pieņemt visas", "priimti visus", "sutinku"),
    *(
        "すべて受け入れる",
        "同意する",
        "すべて許可",
        "全部接受",
        "接受所有",
        "接受",
        "同意",
        "모두 수락",
        "모두 동의",
        "동의",
    ),
    *("قبول الكل", "قبول", "אישור", "יאשר הכל", "chấp nhận tất cả", "đồng ý", "terima semua", "ยอมรับทั้งหมด", "ยอมรับ"),
)
"""What a button says, lower case, in the languages of shops; only within something that looks like a dialog."""

# Looks through open shadow roots as well. A text alone presses no button of the page proper: it must stand in a dialog.
FIND = r"""({selectors, texts}) => {
  const roots = [document];
  for (let i = 0; i < roots.length && i < 300; i++)
    for (const element of roots[i].querySelectorAll('*')) if (element.shadowRoot) roots.push(element.shadowRoot);
  const isSeen = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
  for (const selector of selectors) for (const root of roots) {
    const found = [...root.querySelectorAll(selector)].find(isSeen);
    if (found) return found;
  }
  const said = new Set(texts), word = /cookie|consent|gdpr|privacy|datenschutz|cmp\b|rgpd|banner|notice|onetrust/i;
  const isDialog = e => {
    for (let up = e, depth = 0; up && depth < 12; up = up.parentElement ?? up.getRootNode().host, depth++) {
      const name = `${up.id} ${typeof up.className === 'string' ? up.className : ''} ${up.getAttribute('aria-label') ?? ''}`;
      const role = up.getAttribute('role');
      if (up.tagName === 'BODY') return window !== window.top && /cookie|consent/i.test(document.body.innerText.slice(0, 4000));
      if (word.test(name)) return true;
      if ((role === 'dialog' || role === 'alertdialog' || up.tagName === 'DIALOG') && word.test(up.innerText ?? '')) return true;
    }
    return false;
  };
  for (const root of roots)
    for (const e of root.querySelectorAll('button, [role=button], a, input[type=button], input[type=submit]')) {
      const text = (e.innerText || e.value || '').trim().toLowerCase().replace(/\s+/g, ' ').replace(/[.!✓✔]+$/, '').trim();
      if (said.has(text) && isSeen(e) && isDialog(e)) return e;
    }
  return null;
}"""
_ARGUMENTS = {"selectors": [selector for each in BUTTONS.values() for selector in each], "texts": list(TEXTS)}


async def accept_cookies(page: Page, within_s: float) -> bool:
    """Press the button that accepts; False when no dialog turned up in time."""
    deadline = time.monotonic() + min(within_s, DIALOG_S)
    while True:
        for frame in page.frames:
            if button := await _button_in(frame):
                await _press(button)
                return True
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _button_in(frame: Frame) -> ElementHandle | None:
    """The button in this frame; None also for a frame that goes away or does not answer."""
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(_FRAME_S):
            return (await frame.evaluate_handle(FIND, _ARGUMENTS)).as_element()
    return None


async def _press(button: ElementHandle) -> None:
    try:
        await button.click(timeout=_PRESS_S * 1000)
    except Error:  # something lies over it, or it moves without end: its own handler does not mind
        with suppress(Error):
            await button.evaluate("button => button.click()")
    with suppress(Error):
        await button.wait_for_element_state("hidden", timeout=_PRESS_S * 1000)
