using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Layout;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Image;

/// <summary><c>casemate image sign</c> and <c>verify</c>, on a layout.</summary>
public sealed class ImageSignatureCommandTests : IAsyncLifetime
{
    private const string Repository = "registry.example/team/app";

    private readonly TemporaryDirectory _directory = new();
    private Descriptor _image = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Layout => $"oci:{_directory.File("layout")}";

    private string Tagged => $"{Layout}:app";

    private string Key => _directory.File("key.pem");

    private string PublicKey => _directory.File("key.pub");

    private string OtherKey => _directory.File("other.pub");

    public async ValueTask InitializeAsync()
    {
        var layout = OciLayout.OpenOrCreate(_directory.File("layout"));
        var config = await WriteAsync(layout, MediaTypes.Config, "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"u8.ToArray());
        _image = await WriteAsync(layout, MediaTypes.Manifest, new ImageManifest { Config = config, Layers = [] }.Write());
        await layout.TagAsync(_image, "app", Cancel);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(Key, key.ExportPkcs8PrivateKeyPem(), Cancel);
        await File.WriteAllTextAsync(PublicKey, key.ExportSubjectPublicKeyInfoPem(), Cancel);
        await File.WriteAllTextAsync(OtherKey, other.ExportSubjectPublicKeyInfoPem(), Cancel);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("tag")]
    [InlineData("referrer")]
    [InlineData("bundle")]
    public void ASignedImage_IsAccepted_UnderItsKey_AndNoOther(string form)
    {
        var signed = form == "bundle"
            ? CommandLine.Run("image", "sign", "--key", Key, "--form", form, Tagged)
            : CommandLine.Run("image", "sign", "--key", Key, "--form", form, "--reference", Repository, Tagged);
        Assert.Equal("", signed.Error);
        Assert.Equal(ExitCode.Success, signed.ExitCode);

        var accepted = CommandLine.Run("image", "verify", "--key", PublicKey, Tagged);
        Assert.Equal(ExitCode.Success, accepted.ExitCode);
        Assert.Contains("verdict    accepted", accepted.Output, StringComparison.Ordinal);

        var refused = CommandLine.Run("image", "verify", "--key", OtherKey, Tagged);
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("verdict    refused", refused.Output, StringComparison.Ordinal);
        Assert.Contains("Signature", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnsignedImage_IsRefused()
    {
        var refused = CommandLine.Run("image", "verify", "--key", PublicKey, Tagged);
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("the image has no signature", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheVerdict_IsJson_WithEveryCheck()
    {
        CommandLine.Run("image", "sign", "--key", Key, "--reference", Repository, "-a", "build=7", Tagged);
        var verified = CommandLine.Run("image", "verify", "--key", PublicKey, "--reference", Repository, Tagged, "-o", "json");
        using var json = JsonDocument.Parse(verified.Output);
        Assert.True(json.RootElement.GetProperty("accepted").GetBoolean());
        Assert.Equal(_image.Digest.Text, json.RootElement.GetProperty("digest").GetString());
        var signature = json.RootElement.GetProperty("signatures")[0];
        Assert.Equal("Cosign", signature.GetProperty("form").GetString());
        Assert.Equal("7", signature.GetProperty("annotations").GetProperty("build").GetString());
        Assert.Equal(
            ["Format:Passed", "Digest:Passed", "Reference:Passed", "Signature:Passed", "LogEntry:Skipped"],
            signature.GetProperty("checks").EnumerateArray().Select(
                check => $"{check.GetProperty("id").GetString()}:{check.GetProperty("outcome").GetString()}"));
    }

    [Fact]
    public void AnotherRepository_IsRefused_UnlessAnyIsAccepted()
    {
        CommandLine.Run("image", "sign", "--key", Key, "--reference", Repository, Tagged);
        Assert.Equal(
            ExitCode.Refused, CommandLine.Run("image", "verify", "--key", PublicKey, "--reference", "registry.example/other", Tagged).ExitCode);
        Assert.Equal(ExitCode.Success, CommandLine.Run("image", "verify", "--key", PublicKey, "--accept-any-reference", Tagged).ExitCode);
    }

    [Fact]
    public async Task AKeyElsewhere_SignsInTwoSteps()
    {
        var (payload, signature) = (_directory.File("payload.json"), _directory.File("payload.sig"));
        Assert.Equal(ExitCode.Success, CommandLine.Run("image", "sign", "--emit-payload", payload, "--reference", Repository, Tagged).ExitCode);
        var openssl = await ChildProgram.RunAsync("openssl", ["dgst", "-sha256", "-sign", Key, "-out", signature, payload]);
        Assert.Equal(0, openssl.ExitCode);

        var wrong = CommandLine.Run("image", "sign", "--attach-signature", signature, "--payload", payload, "--key", OtherKey, Tagged);
        Assert.Equal(ExitCode.Refused, wrong.ExitCode);
        Assert.Equal(ExitCode.Refused, CommandLine.Run("image", "verify", "--key", PublicKey, Tagged).ExitCode);

        Assert.Equal(
            ExitCode.Success, CommandLine.Run("image", "sign", "--attach-signature", signature, "--payload", payload, "--key", PublicKey, Tagged).ExitCode);
        Assert.Equal(ExitCode.Success, CommandLine.Run("image", "verify", "--key", PublicKey, Tagged).ExitCode);

        // Base64, as cosign writes signatures into files, and the payload made again from the same options.
        await File.WriteAllTextAsync(signature, Convert.ToBase64String(await File.ReadAllBytesAsync(signature, Cancel)) + "\n", Cancel);
        var again = CommandLine.Run("image", "sign", "--attach-signature", signature, "--reference", Repository, "--key", PublicKey, Tagged);
        Assert.Equal(ExitCode.Success, again.ExitCode);
        Assert.Contains("nothing to do", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEncryptedKey_TakesItsPassword_FromTheEnvironmentOrAFile()
    {
        var key = Path.Combine(RepositoryPaths.Root, "tests", "corpus", "signatures", "cosign-password.key");
        string[] sign = ["image", "sign", "--key", key, "--reference", Repository, Tagged];
        var without = CommandLine.Run(sign);
        Assert.Equal(ExitCode.NotPermitted, without.ExitCode);
        Assert.Contains("COSIGN_PASSWORD", without.Error, StringComparison.Ordinal);

        var wrong = CommandLine.RunWith(new Dictionary<string, string> { ["COSIGN_PASSWORD"] = "swordfish" }, [], false, sign);
        Assert.Equal(ExitCode.NotPermitted, wrong.ExitCode);
        Assert.DoesNotContain("swordfish", wrong.Error, StringComparison.Ordinal);

        Assert.Equal(
            ExitCode.Success, CommandLine.RunWith(new Dictionary<string, string> { ["COSIGN_PASSWORD"] = "123" }, [], false, sign).ExitCode);
        File.WriteAllText(_directory.File("password"), "123\n");
        Assert.Equal(ExitCode.Success, CommandLine.Run([.. sign, "--password-file", _directory.File("password")]).ExitCode);
    }

    [Fact]
    public void ABundleInAFile_IsVerified()
    {
        var corpus = Path.Combine(RepositoryPaths.Root, "tests", "corpus", "signatures");
        var refused = CommandLine.Run(
            "image", "verify", "--trusted-root", Path.Combine(corpus, "trusted_root.json"), "--bundle", Path.Combine(corpus, "image.sigstore.json"),
            "--certificate-identity-regexp", "https://github\\.com/kubewarden/.*", "--certificate-oidc-issuer",
            "https://token.actions.githubusercontent.com", Tagged, "-o", "json");
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        using var json = JsonDocument.Parse(refused.Output);
        var failed = json.RootElement.GetProperty("signatures")[0].GetProperty("checks").EnumerateArray()
            .Where(check => check.GetProperty("outcome").GetString() == "Failed").Select(check => check.GetProperty("id").GetString());
        Assert.Equal(["Digest"], failed);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("image", "verify", "LAYOUT")]
    [InlineData("image", "verify", "LAYOUT", "--key", "KEY", "--certificate-identity", "a")]
    [InlineData("image", "verify", "LAYOUT", "--certificate-identity", "a", "--certificate-oidc-issuer", "b")]
    [InlineData("image", "verify", "LAYOUT", "--key", "KEY", "--reference", "a", "--accept-any-reference")]
    [InlineData("image", "sign", "LAYOUT")]
    [InlineData("image", "sign", "LAYOUT", "--key", "KEY")]
    [InlineData("image", "sign", "LAYOUT", "--key", "KEY", "--form", "other")]
    [InlineData("image", "sign", "LAYOUT", "--key", "KEY", "--payload", "p")]
    [InlineData("image", "sign", "LAYOUT", "--emit-payload", "p", "--attach-signature", "s")]
    [InlineData("image", "sign", "LAYOUT", "--key", "KEY", "--reference", "registry.example/a", "-a", "novalue")]
    [InlineData("image", "sign", "oci:", "--key", "KEY")]
    public void ACommandLineWithoutSense_IsRefused_AndSaysWhy(params string[] arguments)
    {
        var run = CommandLine.Run([.. arguments.Select(argument => argument switch
        {
            "LAYOUT" => Tagged,
            "KEY" => arguments[1] == "sign" ? Key : PublicKey,
            _ => argument,
        })]);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.NotEmpty(run.Error);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no key")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")]
    public void AFileThatIsNoKey_IsBadInput(string text)
    {
        File.WriteAllText(_directory.File("bad"), text);
        Assert.Equal(ExitCode.BadInput, CommandLine.Run("image", "verify", "--key", _directory.File("bad"), Tagged).ExitCode);
        Assert.Equal(
            ExitCode.BadInput, CommandLine.Run("image", "sign", "--key", _directory.File("bad"), "--reference", Repository, Tagged).ExitCode);
        Assert.Equal(ExitCode.BadInput, CommandLine.Run("image", "verify", "--key", _directory.File("missing"), Tagged).ExitCode);
    }

    private static async Task<Descriptor> WriteAsync(OciLayout layout, string mediaType, byte[] content)
    {
        var descriptor = Descriptor.Of(mediaType, content);
        using var stream = new MemoryStream(content);
        await layout.WriteAsync(descriptor, stream, Cancel);
        return descriptor;
    }
}
