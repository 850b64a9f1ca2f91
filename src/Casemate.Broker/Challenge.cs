namespace Casemate.Broker;

/// <summary>The answer to a request for a handshake.</summary>
/// <param name="SessionId">What the client sends back as its cookie, 32 hex digits. A key: keep it out of logs.</param>
/// <param name="Nonce">32 random bytes, base64 text.</param>
/// <param name="Expires">The session's end.</param>
public sealed record Challenge(string SessionId, string Nonce, DateTimeOffset Expires);
