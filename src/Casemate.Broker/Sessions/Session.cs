namespace Casemate.Broker;

/// <summary>One handshake: from the nonce to the end of its validity.</summary>
internal sealed class Session(string id, string hash, string tee, string nonce, DateTimeOffset expires)
{
    private int _attempts;
    private volatile IssuedToken? _token;

    /// <summary>32 hex digits. A key of its holder: never in a log.</summary>
    public string Id { get; } = id;

    /// <summary>What logs and records show.</summary>
    public string Hash { get; } = hash;

    /// <summary>The TEE that the client announced.</summary>
    public string Tee { get; } = tee;

    /// <summary>The nonce, base64 text.</summary>
    public string Nonce { get; } = nonce;

    /// <summary>The session's end.</summary>
    public DateTimeOffset Expires { get; } = expires;

    /// <summary>The token once attested; null before.</summary>
    public IssuedToken? Token => _token;

    /// <summary>Counts an attempt at attestation.</summary>
    /// <returns>False when there have been too many.</returns>
    public bool TryBeginAttempt(int maximum) => Interlocked.Increment(ref _attempts) <= maximum;

    /// <summary>Makes the session attested. Of attempts that succeed at the same time the first one's token stands.</summary>
    public IssuedToken Attest(IssuedToken token) => Interlocked.CompareExchange(ref _token, token, null) ?? token;
}
