using System.Security.Cryptography.X509Certificates;

namespace Casemate.Kubernetes;

/// <summary>What proves to the API server who asks.</summary>
/// <param name="Token">A bearer token; null: none.</param>
/// <param name="Certificate">A client certificate with its key; null: none.</param>
internal sealed record KubeCredential(string? Token, X509Certificate2? Certificate)
{
    public static readonly KubeCredential Anonymous = new(null, null);

    /// <inheritdoc/>
    public override string ToString() => Token is null ? "certificate or nothing" : "token";
}
