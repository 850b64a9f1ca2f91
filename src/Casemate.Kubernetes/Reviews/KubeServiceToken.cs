namespace Casemate.Kubernetes;

/// <summary>A bearer token of a service account.</summary>
/// <param name="Token">The token; a secret.</param>
/// <param name="Expires">When the server stops accepting it.</param>
public sealed record KubeServiceToken(string Token, DateTimeOffset Expires)
{
    /// <summary>The expiry alone: the token must not get into a log.</summary>
    public override string ToString() => $"a token until {Expires:O}";
}
