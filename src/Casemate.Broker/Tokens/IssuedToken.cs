namespace Casemate.Broker;

/// <summary>A token that was just signed.</summary>
/// <param name="Text">The token, compact form. A bearer key: keep it out of logs.</param>
/// <param name="Id">Its <c>jti</c>, 32 hex digits: what logs and records show.</param>
/// <param name="Expires">Its end.</param>
public sealed record IssuedToken(string Text, string Id, DateTimeOffset Expires);
