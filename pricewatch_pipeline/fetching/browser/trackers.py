"""Hosts that only count, profile or advertise: a page's price does not come from them. By vendor; a host stands for its subdomains."""

TRACKERS = {
    "Google": (
        *("google-analytics.com", "analytics.google.com", "googletagmanager.com", "googletagservices.com"),
        *("googlesyndication.com", "googleadservices.com", "doubleclick.net", "adservice.google.com", "2mdn.net"),
    ),
    "Meta": ("connect.facebook.net", "pixel.facebook.com", "graph.facebook.com"),
    "Microsoft": ("bat.bing.com", "clarity.ms", "ads.microsoft.com"),
    "Amazon": ("amazon-adsystem.com", "fls-eu.amazon.com", "fls-na.amazon.com"),
    "Adobe": ("omtrdc.net", "2o7.net", "demdex.net", "everesttech.net", "adobedc.net"),
    "TikTok": ("analytics.tiktok.com",),
    "Pinterest": ("ct.pinterest.com", "s.pinimg.com"),
    "Snap": ("tr.snapchat.com", "sc-static.net"),
    "X": ("static.ads-twitter.com", "analytics.twitter.com", "ads-api.x.com"),
    "LinkedIn": ("px.ads.linkedin.com", "snap.licdn.com"),
    "Reddit": ("pixel-config.reddit.com", "alb.reddit.com"),
    "Yandex": ("mc.yandex.ru", "mc.yandex.com", "an.yandex.ru"),
    "VK": ("top-fwz1.mail.ru", "ads.vk.com"),
    "Baidu": ("hm.baidu.com",),
    "Criteo": ("criteo.com", "criteo.net"),
    "Taboola": ("taboola.com",),
    "Outbrain": ("outbrain.com", "zemanta.com"),
    "AppNexus": ("adnxs.com",),
    "Rubicon": ("rubiconproject.com",),
    "PubMatic": ("pubmatic.com",),
    "OpenX": ("openx.net",),
    "Index Exchange": ("casalemedia.com",),
    "The Trade Desk": ("adsrvr.org",),
    "AdRoll": ("adroll.com",),
    "RTB House": ("creativecdn.com",),
    "Quantcast": ("quantserve.com", "quantcount.com"),
    "Comscore": ("scorecardresearch.com",),
    "Nielsen": ("imrworldwide.com",),
    "Hotjar": ("hotjar.com", "hotjar.io"),
    "FullStory": ("fullstory.com",),
    "Mouseflow": ("mouseflow.com",),
    "Contentsquare": ("contentsquare.net", "contentsquare.com"),
    "Crazy Egg": ("crazyegg.com",),
    "LogRocket": ("lr-ingest.io", "logrocket.io"),
    "Segment": ("api.segment.io", "cdn.segment.com"),
    "Mixpanel": ("mixpanel.com", "mxpnl.com"),
    "Amplitude": ("amplitude.com",),
    "Heap": ("heapanalytics.com",),
    "Matomo Cloud": ("matomo.cloud",),
    "Piano": ("xiti.com", "piano.io"),
    "Chartbeat": ("chartbeat.com", "chartbeat.net"),
    "New Relic": ("nr-data.net", "js-agent.newrelic.com"),
    "Datadog": ("browser-intake-datadoghq.com", "browser-intake-datadoghq.eu"),
    "Sentry": ("ingest.sentry.io", "browser.sentry-cdn.com"),
    "Bugsnag": ("bugsnag.com",),
    "Klaviyo": ("static-tracking.klaviyo.com", "a.klaviyo.com"),
    "Awin": ("dwin1.com",),
    "Emarsys": ("scarabresearch.com",),
    "Econda": ("econda-monitor.de",),
    "etracker": ("etracker.com", "etracker.de"),
    "Webtrekk": ("wt-eu02.net", "webtrekk.net"),
}
"""Shop systems, tag managers that also deliver content, A/B tests that may set the price, and consent managers are left out."""

CALLS_HOME = (
    *("content-autofill.googleapis.com", "optimizationguide-pa.googleapis.com", "update.googleapis.com"),
    *("safebrowsing.googleapis.com", "safebrowsing.google.com", "clients1.google.com", "clients2.google.com"),
    *("clients4.google.com", "android.clients.google.com", "mtalk.google.com", "edgedl.me.gvt1.com"),
    *("redirector.gvt1.com", "accounts.google.com"),
)
"""What Chromium asks on its own account, such as when a page shows a form. Pages ask none of them for their content."""

_HOSTS = frozenset(host for hosts in TRACKERS.values() for host in hosts)


def calls_home(host: str) -> bool:
    """Whether it is Chromium that asks, and not the page."""
    return host.lower().rstrip(".") in CALLS_HOME


def is_unwanted(host: str) -> bool:
    """Whether a host is of no use to a page without trackers."""
    return calls_home(host) or is_tracker(host)


def is_tracker(host: str) -> bool:
    """Whether a host, or a domain it belongs to, is on the list of trackers."""
    labels = host.lower().rstrip(".").split(".")
    return any(".".join(labels[at:]) in _HOSTS for at in range(len(labels) - 1))
