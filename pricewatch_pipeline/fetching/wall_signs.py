"""What gives a wall away: markers of vendors in markup, and titles, texts and addresses of walls. Data only, lower case."""

import re
from dataclasses import dataclass

from pricewatch_pipeline.domain.outcomes import Outcome


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A kind of wall, and what must be found for it."""

    outcome: Outcome
    kind: str
    """For a person: what the site shows instead of the page."""
    is_certain: bool
    """Only walls bear it; else an ordinary page may too, and what else is on the page decides."""
    markers: tuple[bytes, ...] = ()
    """Any of them, beside the hint they are listed under; none: the hint is enough."""
    is_deep: bool = False
    """The markers stand anywhere in the page, not only near its ends."""
    pattern: re.Pattern[str] = re.compile("")
    """For titles, texts and addresses."""
    advice: str | None = None
    """What to do; None: as with every wall of its outcome."""


def _certain(outcome: Outcome, kind: str, *markers: bytes) -> Sign:
    return Sign(outcome=outcome, kind=kind, is_certain=True, markers=markers)


def _likely(outcome: Outcome, kind: str, *markers: bytes) -> Sign:
    return Sign(outcome=outcome, kind=kind, is_certain=False, markers=markers)


def _deep(outcome: Outcome, kind: str, *markers: bytes) -> Sign:
    return Sign(outcome=outcome, kind=kind, is_certain=True, markers=markers, is_deep=True)


def _says(outcome: Outcome, kind: str, pattern: str, *, is_certain: bool = False, advice: str | None = None) -> Sign:
    return Sign(outcome=outcome, kind=kind, is_certain=is_certain, pattern=re.compile(pattern), advice=advice)


_CLOUDFLARE = "a Cloudflare challenge"
_CAPTCHA = "a captcha"

# By hint: its markers are looked for only where the hint is, which keeps a normal page cheap.
# A vendor's script alone is no wall: shops load them on every page.
MARKERS: dict[bytes, tuple[Sign, ...]] = {
    b"challenge": (
        _certain(
            *(Outcome.BLOCKED, _CLOUDFLARE, b"_cf_chl_opt", b"/orchestrate/chl_page", b'id="challenge-form"'),
            *(b"cf-challenge-", b"challenge-error-text", b"cf_captcha_kind", b"cf-browser-verification"),
        ),
        _certain(Outcome.BLOCKED, "an Akamai challenge", b"/_sec/cp_challenge/", b"triggerinterstitialchallenge"),
    ),
    b"cf-": (
        _certain(Outcome.BLOCKED, _CLOUDFLARE, b"cf-browser-verification", b"cf-im-under-attack", b"cf-challenge"),
        _likely(Outcome.BLOCKED, "a captcha (Turnstile)", b'class="cf-turnstile'),
    ),
    b"captcha": (
        _certain(
            *(Outcome.BLOCKED, "a DataDome challenge", b"captcha-delivery.com/captcha/?", b"dd={'rt'", b'dd={"rt"'),
            *(b"ct.captcha-delivery.com/c.js", b"ct.captcha-delivery.com/i.js", b"captcha-delivery.com/interstitial/"),
        ),
        _certain(
            *(Outcome.BLOCKED, "a HUMAN (PerimeterX) challenge", b'id="px-captcha', b"id='px-captcha", b"_pxuuid"),
            *(b"/captcha/captcha.js?a=c", b"captcha.px-cdn.net", b"captcha.px-cloud.net", b"captcha.perimeterx.net"),
        ),
        _certain(Outcome.BLOCKED, "an Amazon captcha", b"/errors/validatecaptcha", b"opfcaptcha"),
        _likely(Outcome.BLOCKED, "a Google captcha", b'id="captcha-form"'),
        _certain(Outcome.BLOCKED, "an Imperva block", b"distil_r_captcha", b"distilcaptchaform"),
        _certain(Outcome.BLOCKED, _CLOUDFLARE, b'id="captcha-bypass"', b"/cdn-cgi/l/chk_captcha"),
        _likely(
            *(Outcome.BLOCKED, _CAPTCHA, b"data-sitekey=", b'name="captcha', b'id="captcha', b'class="captcha'),
            *(
                b"geetest",
                b"tencentcaptcha",
                b"arkoselabs.com",
                b"funcaptcha",
                b"_captcha.js",
                b"smart-captcha",
                b"/showcaptcha",
            ),
        ),
    ),
    b"geetest": (_likely(Outcome.BLOCKED, "a captcha (GeeTest)"),),
    b"incapsula": (
        _certain(
            *(Outcome.BLOCKED, "an Imperva (Incapsula) block", b"incapsula incident id", b"incident_id="),
            *(b"_incapsula_resource?cwudnsai=", b"_incapsula_resource?swudnsai="),
        ),
        _likely(Outcome.BLOCKED, "an Imperva (Incapsula) challenge", b"_incapsula_resource"),
    ),
    b"onprotectioninitialized": (_likely(Outcome.BLOCKED, "an Imperva challenge"),),
    b".edgesuite.net/": (_certain(Outcome.BLOCKED, "an Akamai block", b"errors.edgesuite.net/"),),
    b"bm-verify": (_certain(Outcome.BLOCKED, "an Akamai challenge", b"bm-verify="),),
    b"sec-if-cpt": (_certain(Outcome.BLOCKED, "an Akamai challenge", b"sec-if-cpt-container"),),
    b"awswaf": (
        _certain(Outcome.BLOCKED, "an AWS WAF challenge", b"gokuprops"),
        _likely(Outcome.BLOCKED, "an AWS WAF challenge", b"challenge.js", b"captcha.js", b"awswafcookiedomainlist"),
    ),
    b"kpsdk": (_certain(Outcome.BLOCKED, "a Kasada challenge", b"/ips.js"),),
    b"bobcmn": (_likely(Outcome.BLOCKED, "an F5 challenge"),),
    b"/tspd/": (_likely(Outcome.BLOCKED, "an F5 challenge"),),
    b"perfdrive.com": (_likely(Outcome.BLOCKED, "a Radware challenge", b"validate.perfdrive.com"),),
    b"_____tmd_____": (_certain(Outcome.BLOCKED, "an Alibaba challenge", b"/punish", b"x5secdata"),),
    b"ddos-guard": (_likely(Outcome.BLOCKED, "a DDoS-Guard challenge"),),
    b"sucuri": (_likely(Outcome.BLOCKED, "a Sucuri block", b"sucuri_cloudproxy", b"sucuri website firewall"),),
    b"wordfence": (_likely(Outcome.BLOCKED, "a Wordfence block", b"generated by wordfence"),),
    b"/cmd/anubis": (_certain(Outcome.BLOCKED, "an Anubis challenge"),),
    b"visitor/mini_original": (_certain(Outcome.BLOCKED, "a Sina Visitor System page"),),
    b"generated by cloudfront": (
        _certain(Outcome.BLOCKED, "a CloudFront block", b"request blocked"),
        _certain(Outcome.TRANSPORT, "a CloudFront error"),
    ),
    b"queue-it.net": (_likely(Outcome.BLOCKED, "a Queue-it waiting room"),),
    b"amazon": (
        _certain(Outcome.NOT_FOUND, "Amazon's page for what does not exist", b"cs_404_"),
        _certain(
            *(Outcome.BLOCKED, "Amazon's sorry page", b"api-services-support@amazon.com", b"cs_503_"),
            *(b"/error/500-title", b"/error/500_503"),
        ),
    ),
    b"answer/86640": (_certain(Outcome.BLOCKED, "Google's page for unusual traffic"),),
    b"/httpservice/retry/enablejs": (_likely(Outcome.BLOCKED, "Google's page for those without JavaScript"),),
    b'action="https://consent.': (_likely(Outcome.CONSENT, "a consent page"),),
    b"consent.yahoo.com/": (_likely(Outcome.CONSENT, "a consent page", b"collectconsent", b"/v2/consent"),),
    b"wiz_global_data": (_deep(Outcome.CONSENT, "a Google consent page", b'action="https://consent.'),),
    b"the chromium authors": (
        _deep(Outcome.TRANSPORT, "a network error of Chrome", b'class="neterror', b'id="main-frame-error'),
    ),
    b"aboutneterror": (_certain(Outcome.TRANSPORT, "a network error of Firefox"),),
    b'"challenge-': (
        _likely(Outcome.BLOCKED, "a challenge", b'"challenge-container', b'"challenge-frame', b'"challenge-stage'),
    ),
    b'type="password"': (_likely(Outcome.LOGIN, "a login page"),),
}

_LOGIN_WORDS = (
    "log ?in|sign ?in|login|signin|sign up or log in|log in or sign up|anmelden|anmeldung|einloggen|iniciar sesi[oó]n|acceder|"
    "inicia sesi[oó]n|connexion|se connecter|s'identifier|accedi|login/registrazione|entrar|iniciar sess[aã]o|inloggen|"
    "logga in|log ind|logg inn|kirjaudu( sisään)?|zaloguj się|logowanie|přihlášení|přihlásit se|prihlásenie|bejelentkezés|"
    "autentificare|вход|войти|вход в аккаунт|увійти|вхід|σύνδεση|giriş yap|üye girişi|đăng nhập|masuk|เข้าสู่ระบบ|"
    "تسجيل الدخول|כניסה|התחברות|ログイン|サインイン|로그인|登录|登入|登錄"
)
_STATUS_TITLE = r"(?:error |http |http error )?{code}(?: [-–—|:] | |: )?(?:{words})?(?: error)?[.!]?"

# The whole title, in the order they are tried.
TITLES: tuple[Sign, ...] = (
    _says(Outcome.BLOCKED, _CLOUDFLARE, r"attention required! \| cloudflare|just a moment(?:\.\.\.|…)?"),
    _says(Outcome.BLOCKED, "a Cloudflare block", r"access denied \| .* used cloudflare to restrict access"),
    _says(Outcome.BLOCKED, "a Cloudflare waiting room", r"waiting room powered by cloudflare"),
    _says(Outcome.BLOCKED, "a HUMAN (PerimeterX) challenge", r"access to this page has been denied.*|robot or human\?"),
    _says(Outcome.BLOCKED, "a Vercel challenge", r"vercel security checkpoint"),
    _says(Outcome.BLOCKED, "a bot challenge", r"pardon our interruption(?:\.\.\.|…)?|sina visitor system"),
    _says(Outcome.BLOCKED, "an F5 block", r"request rejected"),
    _says(Outcome.BLOCKED, "a Sucuri block", r"sucuri website firewall.*"),
    _says(
        Outcome.BLOCKED,
        "a page for automated tools that do not say whose they are",
        r".*\bundeclared automated tool",
        is_certain=True,
        advice="say who asks: put your name and e-mail address into PRICEWATCH_CONTACT and start again; where they are "
        "there, see that they are true",
    ),
    _says(
        Outcome.RATE_LIMITED,
        "a page that limits the rate",
        r".*\brequest rate threshold exceeded|.*\brate limit(?:ed| exceeded)|"
        + _STATUS_TITLE.format(code="429", words="too many requests")
        + "|too many requests",
        is_certain=True,
    ),
    _says(
        Outcome.BLOCKED,
        "a block or a challenge",
        r"access (?:is |temporarily )?(?:denied|blocked|restricted)|blocked|(?:request|page|ip) blocked|forbidden|"
        r"you have been blocked.*|human verification|verify(?:ing)? (?:that )?you are (?:a )?human|"
        r"are you a (?:human|robot)\??|robot check|security (?:check|verification|challenge)|bot (?:check|verification)|"
        r"checking your browser.*|ddos-guard|captcha|.*\bcaptcha|making sure you're not a bot!?|one moment, please.*|"
        r"unusual traffic.*|client challenge|" + _STATUS_TITLE.format(code="403", words="forbidden|access denied"),
    ),
    _says(Outcome.BLOCKED, "a geo wall", r".*not available in your (?:country|region|location).*"),
    _says(Outcome.NOT_FOUND, "a page that says that there is no such page", r"page not found|not found"),
    _says(
        Outcome.NOT_FOUND,
        "a page that says that there is no such page",
        _STATUS_TITLE.format(code="(?:404|410)", words="(?:page |file )?not found|gone"),
    ),
    _says(
        Outcome.TRANSPORT,
        "an error of its server",
        _STATUS_TITLE.format(
            code="5[0-2][0-9]",
            words="internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out|server error",
        )
        + r"|bad gateway|service (?:temporarily )?unavailable|internal server error|server error|gateway time-?out|"
        r"(?:site |down for |under )?maintenance(?: mode)?|problem loading page|error: the request could not be satisfied",
    ),
)
LOGIN_TITLE = re.compile(rf"(?:^|[|\-–—·:»•] )(?:{_LOGIN_WORDS})(?:$| [|\-–—·:»•])")
"""A part of the title between its separators."""

# At the start of, or anywhere in, the visible text of a small page.
TEXTS: tuple[Sign, ...] = (
    _says(Outcome.RATE_LIMITED, "a Cloudflare rate limit", r"error (?:code:? )?1015\b"),
    _says(Outcome.TRANSPORT, "a Cloudflare error", r"error (?:code:? )?(?:5[0-3]\d|100[0134]|1016|1018)\b"),
    _says(Outcome.BLOCKED, "a Cloudflare block", r"error (?:code:? )?(?:10[0-3]\d|11[01]\d)\b"),
    _says(Outcome.BLOCKED, "an F5 block", r"the requested url was rejected"),
    _says(Outcome.BLOCKED, "an Imperva block", r"request unsuccessful\. incapsula incident"),
    _says(Outcome.BLOCKED, "an Akamai block", r"you don't have permission to access .{0,600}reference\s*(?:#|&#35;)"),
    _says(
        Outcome.RATE_LIMITED,
        "a page that limits the rate",
        r"^too many requests\b|\brate limit exceeded\b|you have been rate.?limited|exceeded .{0,40}rate limit",
    ),
    _says(
        Outcome.BLOCKED,
        "a geo wall",
        r"(?:is|are)(?: not|n't|n’t) (?:currently )?available in your (?:country|region|location)|"
        r"unavailable in your (?:country|region|location)|unavailable (?:for|due to) legal reasons|"
        r"no está disponible en tu (?:país|región)|n'est pas disponible dans votre (?:pays|région)|"
        r"in (?:ihrem|deinem) land (?:leider )?nicht verfügbar|não está disponível no seu país",
    ),
    _says(
        Outcome.BLOCKED,
        "a block or a challenge",
        r"request has been blocked|you have been blocked|your ip (?:address )?(?:has been|is) (?:blocked|banned)|"
        r"automated (?:access|requests|queries)|unusual traffic|(?:verify|prove|confirm) (?:that )?(?:you are|you're|you’re|your)"
        r" (?:not a (?:ro)?bot|(?:a )?human)|"
        r"(?:checking|verifying) your browser|press (?:&|and) hold|are you a robot",
    ),
)

# Of `host/path`. First those that say it wherever they are met ...
WALL_ADDRESSES: tuple[Sign, ...] = (
    _says(Outcome.CONSENT, "a consent page", r"consent\.[^/]+/|guce\.[^/]+/"),
    _says(Outcome.BLOCKED, "a Queue-it waiting room", r"(?:[^/]+\.)?queue-it\.net/"),
    _says(Outcome.BLOCKED, "Google's page for unusual traffic", r"(?:[^/]+\.)?google\.[a-z.]+/sorry/"),
    _says(Outcome.BLOCKED, "a DataDome challenge", r"geo\.captcha-delivery\.com/"),
    _says(Outcome.BLOCKED, "a Radware challenge", r"validate\.perfdrive\.com/"),
    _says(Outcome.BLOCKED, "an Amazon captcha", r"[^/]*amazon\.[a-z.]+/errors/validatecaptcha"),
    _says(Outcome.BLOCKED, "an Alibaba challenge", r".*/_____tmd_____/punish"),
    _says(Outcome.BLOCKED, _CLOUDFLARE, r"[^/]+/cdn-cgi/(?:challenge-platform|l/chk_)"),
    _says(Outcome.LOGIN, "a login page", r"accounts\.google\.com/|[^/]*amazon\.[a-z.]+/ap/signin"),
)
# ... then those that say it of a page that we were sent to, having asked for another.
REDIRECT_ADDRESSES: tuple[Sign, ...] = (
    _says(
        Outcome.LOGIN,
        "a login page",
        r"(?:log-?in|sign-?in|sso|passport|accounts)\.[^/]+/|"
        r".*/(?:log-?in|sign-?in|user_?login|account/login|customer/account/login|login\.\w{2,5}|signin\.\w{2,5})/?$",
    ),
    _says(
        Outcome.BLOCKED,
        "a block or a challenge",
        r"captcha\.[^/]+/|.*/(?:show)?captcha(?:\.\w{2,5})?(?:/|$)|"
        r".*/(?:challenge|blocked|block|access-?denied|robot-?check|verify-?human|are-you-(?:a-)?human|forbidden)"
        r"(?:\.\w{2,5})?/?$",
    ),
    _says(Outcome.BLOCKED, "Google's page for unusual traffic", r".*/sorry/index/?$"),
    _says(
        Outcome.BLOCKED,
        "a geo wall",
        r".*/(?:geo-?block(?:ed)?|(?:country|region)-(?:blocked|not-supported))(?:/|$|\.)",
    ),
    _says(
        Outcome.NOT_FOUND,
        "a page that says that there is no such page",
        r".*/(?:404|not-?found|page-?not-?found|error-?404|pagenotfound)(?:\.\w{2,5})?/?$",
    ),
)
