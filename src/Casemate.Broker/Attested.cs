namespace Casemate.Broker;

/// <summary>The answer to accepted evidence.</summary>
/// <param name="SessionId">The session, now attested.</param>
/// <param name="Token">The attestation result.</param>
/// <param name="SessionExpires">The session's end.</param>
public sealed record Attested(string SessionId, IssuedToken Token, DateTimeOffset SessionExpires);
