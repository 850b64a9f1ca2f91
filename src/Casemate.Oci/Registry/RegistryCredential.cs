namespace Casemate.Oci.Registry;

/// <summary>
/// What proves who asks: a user name with a password, an identity token (an OAuth 2 refresh token), or a token that the registry takes
/// as it is. Its text form never shows any of them.
/// </summary>
public sealed class RegistryCredential
{
    private RegistryCredential(string? userName, string? password, string? identityToken, string? registryToken) =>
        (UserName, Password, IdentityToken, RegistryToken) = (userName, password, identityToken, registryToken);

    /// <summary>The user; null where a token stands in its place.</summary>
    public string? UserName { get; }

    /// <summary>The password, or an access token in its place; null where there is none. Secret.</summary>
    public string? Password { get; }

    /// <summary>The identity token, which the token service exchanges for access; null where there is none. Secret.</summary>
    public string? IdentityToken { get; }

    /// <summary>The token that is sent to the registry as it is; null where there is none. Secret.</summary>
    public string? RegistryToken { get; }

    /// <summary>Every part of it that is secret.</summary>
    internal IEnumerable<string> Secrets =>
        new[] { Password, IdentityToken, RegistryToken }.OfType<string>().Where(secret => secret.Length > 0);

    /// <summary>A user name and a password.</summary>
    public static RegistryCredential OfPassword(string userName, string password) => new(userName, password, null, null);

    /// <summary>An identity token.</summary>
    public static RegistryCredential OfIdentityToken(string token) => new(null, null, token, null);

    /// <summary>A token that the registry takes as it is.</summary>
    public static RegistryCredential OfRegistryToken(string token) => new(null, null, null, token);

    /// <summary>What kind of credential it is, and nothing of what it holds.</summary>
    public override string ToString() =>
        RegistryToken is not null ? "a registry token" : IdentityToken is not null ? "an identity token" : "a user name and password";
}
