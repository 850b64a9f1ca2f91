namespace Casemate.Serve;

/// <summary>What a service answers: the closed set that stands in logs and metrics in place of paths.</summary>
internal enum HttpRoute
{
    /// <summary>Any other path.</summary>
    Unknown = 0,

    /// <summary><c>/kbs/v0/auth</c>.</summary>
    Auth,

    /// <summary><c>/kbs/v0/attest</c>.</summary>
    Attest,

    /// <summary><c>/kbs/v0/resource/…</c>.</summary>
    Resource,

    /// <summary>Another path under <c>/kbs/v0</c>.</summary>
    UnknownPlugin,

    /// <summary><c>/.well-known/jwks.json</c>.</summary>
    Jwks,

    /// <summary><c>/healthz</c>.</summary>
    Health,

    /// <summary><c>/readyz</c>.</summary>
    Ready,

    /// <summary><c>/metrics</c>.</summary>
    Metrics,
}
