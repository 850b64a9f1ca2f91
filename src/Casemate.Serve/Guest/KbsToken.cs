namespace Casemate.Serve.Guest;

/// <summary>An attestation token with the key that it vouches for.</summary>
/// <param name="Jwt">The token, a signed JWT. Not verified here: its reader does that.</param>
/// <param name="Expires">When it ends by its own word.</param>
/// <param name="TeeKeyPem">The private key whose public half is in the token, PKCS#8 PEM. A secret.</param>
public sealed record KbsToken(string Jwt, DateTimeOffset Expires, string TeeKeyPem)
{
    /// <summary>Says what it is without the key.</summary>
    public override string ToString() => $"token until {Expires:O}";
}
