using System.Text;
using System.Text.Json.Nodes;
using Casemate.Oci.Signatures;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Signatures that other programs made and published; see the page beside them.</summary>
internal static class PublishedSignatures
{
    public const string Identity = "https://github.com/kubewarden/kubewarden-controller/.github/workflows/release.yml@refs/tags/v1.34.0";
    public const string Issuer = "https://token.actions.githubusercontent.com";

    public static Digest Image { get; } = Digest.Parse("sha256:c811d58de79c92f03214e63aa339484e488d694ae8a6283b5f3f17a9faf50172");

    public static byte[] Bundle { get; } = Read("image.sigstore.json");

    public static TrustedRoot Root { get; } = TrustedRoot.Parse(Read("trusted_root.json"));

    public static SignaturePolicy Policy { get; } =
        SignaturePolicy.ForIdentity(Root, TextPattern.Exactly(Identity), TextPattern.Exactly(Issuer));

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "signatures", name));

    public static string ReadText(string name) => Encoding.UTF8.GetString(Read(name));

    public static SignatureVerdict Verify(byte[] bundle, SignaturePolicy? policy = null, Digest? image = null) =>
        SignatureVerifier.VerifyBundle(bundle, "test", image ?? Image, policy ?? Policy);

    /// <summary>The bundle with one change.</summary>
    public static byte[] With(Action<JsonNode> change) => With(Bundle, change);

    public static byte[] With(byte[] bundle, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(bundle)!;
        change(json);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
