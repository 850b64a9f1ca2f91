using System.Security.Cryptography;
using Casemate.Images.Gramine;
using Casemate.Measurement.Enclave;
using Casemate.Oci;
using Casemate.Oci.Files;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.Images.Tests.Gramine;

/// <summary>The image that is written: its files, its signature, its labels, and that the same inputs give the same bytes.</summary>
public sealed class EnclaveImageWriterTests : GramineTestBase
{
    private static readonly DateOnly s_today = new(2026, 11, 20);

    [Fact]
    public async Task TheImage_HoldsTheApplicationUnchanged_Gramine_AndTheSignedEnclave()
    {
        var (image, layout) = await WriteAsync(await PlanAsync(Command("app") with { Cmd = ["--fast"], ExposedPorts = ["80/tcp"] }), "out");

        var read = await Image.FindAsync(layout, "t", null, null, Cancel);
        using var files = await ImageFileSystem.OpenAsync(read, null, Cancel);
        foreach (var (path, content) in GramineSample.Application)
        {
            if (content is byte[] bytes)
            {
                Assert.Equal(bytes, files.ReadAllBytes(files.Find(path, followLast: false)!, 1 << 20));
            }
        }

        Assert.Equal(GramineSample.Libpal, files.ReadAllBytes(files.Find("/gramine/lib/sgx/libpal.so")!, 1 << 20));
        Assert.Equal(0x1ED, files.Find("/gramine/lib/sgx/loader")!.Mode);
        Assert.Equal(SigStruct.Size, files.Find("/gramine/app/app.sig")!.Size);
        Assert.NotNull(files.Find("/gramine/app/app.manifest"));
        Assert.Equal(["/gramine/lib/sgx/loader", "/gramine/lib/sgx/libpal.so", "init", "/gramine/app/app"], read.Config.Config.Entrypoint);
        Assert.Empty(read.Config.Config.Cmd);
        Assert.Equal("65532:65532", read.Config.Config.User);
        Assert.Equal(["80/tcp"], read.Config.Config.ExposedPorts);
        Assert.Equal(3, read.Manifest.Layers.Count);

        var variant = Assert.Single(image.Report.Variants);
        Assert.Equal(MrEnclaveState.Matches, variant.State);
        Assert.Equal(Convert.ToHexStringLower(variant.MrEnclave.Span), read.Config.Config.Labels["dev.casemate.enclave.mrenclave"]);
        Assert.Equal("gramine", read.Config.Config.Labels["dev.casemate.enclave.kind"]);
        Assert.Equal("recomputed", read.Config.Config.Labels["dev.casemate.enclave.measured"]);
        Assert.Equal("false", read.Config.Config.Labels["dev.casemate.enclave.debug"]);
        Assert.Equal("out-of-process", read.Config.Config.Labels["dev.casemate.quotes"]);
        Assert.Equal("1.8", read.Config.Config.Labels["dev.casemate.gramine.release"]);
        Assert.Equal(read.Config.Config.Labels, read.Manifest.Annotations);
    }

    [Theory]
    [InlineData(TrustedFileMode.Minimal, false)]
    [InlineData(TrustedFileMode.Full, true)]
    public async Task HashesAndMeasurement_AreTheIndependentOnes(TrustedFileMode mode, bool isDynamic)
    {
        Assert.SkipUnless(IsInstalled("python3"), "'python3' is not installed (Debian: apt-get install python3)");
        var plan = await PlanAsync(
            Command("app"), Usual with { TrustedFiles = mode, IsDynamic = isDynamic, Trust = ["/srv"], ArgumentsInFile = true },
                LayerFile.Whiteout("/srv/data/b.txt"));
        var (image, _) = await WriteAsync(plan, "out");

        var run = await ChildProgram.RunAsync(
            "python3", ["-B", Path.Combine(RepositoryPaths.Root, "tests", "independent", "check_gramine_image.py"),
                Path.Combine(Directory.Path, "out")]);

        Assert.Equal("", run.Error);
        Assert.Equal($"trusted {plan.TrustedFiles.Count} mrenclave {Convert.ToHexStringLower(image.Report.Variants[0].MrEnclave.Span)}\n",
            run.Output);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task TheSameInputs_GiveTheSameImage_AndAnyOtherFileAnotherOne()
    {
        var config = Command("app");
        var (first, _) = await WriteAsync(await PlanAsync(config), "one");
        var (second, _) = await WriteAsync(await PlanAsync(config), "two");
        var (other, _) = await WriteAsync(await PlanAsync(
            config, null, File("/usr/lib64/liba.so.1.2", new ElfSample { SoName = "liba.so.1", Note = [1] }.ToBytes())), "three");

        Assert.Equal(first.Descriptor.Digest, second.Descriptor.Digest);
        Assert.NotEqual(first.Descriptor.Digest, other.Descriptor.Digest);
        Assert.NotEqual(first.Labels["dev.casemate.enclave.mrenclave"], other.Labels["dev.casemate.enclave.mrenclave"]);
    }

    [Fact]
    public async Task ASignatureFromOpenssl_IsTheSameAsOneFromHere()
    {
        Assert.SkipUnless(IsInstalled("openssl"), "'openssl' is not installed (Debian: apt-get install openssl)");
        var plan = await PlanAsync(Command("app"));
        var signing = plan.PrepareSigning(s_today);
        var (key, tbs, signature) =
            (Path.Combine(Directory.Path, "key.pem"), Path.Combine(Directory.Path, "tbs"), Path.Combine(Directory.Path, "rsa"));
        System.IO.File.WriteAllText(key, TestEnclaveKey.Pem);
        System.IO.File.WriteAllBytes(tbs, signing.ToBeSigned[0]);
        var run = await ChildProgram.RunAsync("openssl", ["dgst", "-sha256", "-sign", key, "-out", signature, tbs]);
        Assert.Equal(0, run.ExitCode);

        using var rsa = RSA.Create();
        rsa.ImportFromPem(TestEnclaveKey.Pem);
        var attached = signing.Attach(rsa, [signing.ToBeSigned[0]], [System.IO.File.ReadAllBytes(signature)]);

        Assert.Equal(signing.Sign(rsa), attached);
    }

    [Fact]
    public async Task Refuses_ASignatureOfAnotherEnclave_AndWritesNothing()
    {
        var signature = Sign(await PlanAsync(Command("app")));
        var other = await PlanAsync(Command("app") with { Cmd = ["-x"] });
        var layout = OciLayout.OpenOrCreate(Path.Combine(Directory.Path, "out"));

        var refused = await Assert.ThrowsAsync<EnclaveImageException>(() =>
            EnclaveImageWriter.WriteAsync(other, signature, layout, "t", Noon, Cancel));
        Assert.Equal(EnclaveImageError.MeasurementMismatch, refused.Error);
        signature[600] ^= 1;
        await Assert.ThrowsAnyAsync<Exception>(() => EnclaveImageWriter.WriteAsync(other, signature, layout, "t", Noon, Cancel));
        Assert.Empty(layout.Manifests);
    }

    private async Task<(EnclaveImage Image, OciLayout Layout)> WriteAsync(EnclaveImagePlan plan, string name)
    {
        var layout = OciLayout.OpenOrCreate(Path.Combine(Directory.Path, name));
        return (await EnclaveImageWriter.WriteAsync(plan, Sign(plan), layout, "t", Noon, Cancel), layout);
    }

    private static byte[] Sign(EnclaveImagePlan plan)
    {
        using var key = RSA.Create();
        key.ImportFromPem(TestEnclaveKey.Pem);
        return plan.PrepareSigning(s_today).Sign(key);
    }

    private static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator)
            .Any(path => System.IO.File.Exists(Path.Combine(path, program))) == true;
}
