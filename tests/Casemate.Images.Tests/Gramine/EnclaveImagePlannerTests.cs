using System.Security.Cryptography;
using System.Text;
using Casemate.Images.Gramine;
using Casemate.Measurement.Enclave;
using Casemate.Oci.Layers;
using Casemate.Testing.Enclaves;

namespace Casemate.Images.Tests.Gramine;

/// <summary>What of an image becomes what of a manifest, and which files the enclave may read.</summary>
public sealed class EnclaveImagePlannerTests : GramineTestBase
{
    [Fact]
    public async Task TheManifest_IsWrittenLikeThis()
    {
        var plan = await PlanAsync(
            Command("app", "--port", "80") with
            {
                Env = ["PATH=/usr/bin", "GREETING=a \"b\"\nc", "LD_LIBRARY_PATH=/opt/lib"],
                WorkingDir = "/srv"
            },
            Usual with
            {
                Passthrough = ["TZ"],
                EncryptedMounts = [new EncryptedMount("/data", "app-key")],
                SecurityVersion = 7,
                ProductId = 3
            });

        var text = Encoding.UTF8.GetString(plan.Manifest.Span);
        var hash = Convert.ToHexStringLower(SHA256.HashData(GramineSample.Runtime["libsysdb.so"]));
        Assert.StartsWith(
            $$"""

            [fs]
            mounts = [
              { path = "/tmp", type = "tmpfs" },
              { key_name = "app-key", path = "/data", type = "encrypted", uri = "file:/data" },
            ]
            start_dir = "/srv"

            [fs.root]
            type = "chroot"
            uri = "file:/"

            [libos]
            entrypoint = "/usr/bin/app"

            [loader]
            argv = [
              "app",
              "--port",
              "80",
            ]
            log_level = "error"

            [loader.entrypoint]
            sha256 = "{{hash}}"
            uri = "file:/gramine/lib/libsysdb.so"

            [loader.env]
            GREETING = "a \"b\"\nc"
            LD_LIBRARY_PATH = "/gramine/lib/runtime/glibc:/opt/lib:/usr/lib64:/lib64"
            PATH = "/usr/bin"

            [loader.env.TZ]
            passthrough = true

            [sgx]
            debug = false
            edmm_enable = false
            enclave_size = "64M"
            isvprodid = 3
            isvsvn = 7
            max_threads = 4
            remote_attestation = "dcap"
            trusted_files = [

            """.ReplaceLineEndings("\n")["\n".Length..],
            text, StringComparison.Ordinal);
        Assert.DoesNotContain("insecure", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrustsWhatTheProgramNeeds_UnderEveryNameThatLeadsThere_AndNothingElse()
    {
        var plan = await PlanAsync(Command("/bin/app"));

        Assert.Equal(
            [
                "/bin/app", "/gramine/lib/libsysdb.so", "/gramine/lib/runtime/glibc/ld-linux-x86-64.so.2",
                    "/gramine/lib/runtime/glibc/libc.so.6",
                "/lib64/ld-linux-x86-64.so.2", "/lib64/liba.so.1", "/lib64/liba.so.1.2", "/usr/bin/app", "/usr/lib64/ld-linux-x86-64.so.2",
                "/usr/lib64/liba.so.1", "/usr/lib64/liba.so.1.2",
            ],
            plan.TrustedFiles.Keys);
        Assert.Equal(Hash("/usr/lib64/liba.so.1.2"), plan.TrustedFiles["/lib64/liba.so.1"]);
        Assert.Equal(Hash("/usr/bin/app"), plan.TrustedFiles["/bin/app"]);
    }

    [Fact]
    public async Task TrustsNamedFilesAndDirectories()
    {
        var plan = await PlanAsync(Command("app"), Usual with { Trust = ["/srv/d*", "/srv/link.txt", "/var/log/"] });

        Assert.Equal(
            ["/srv/data/a.txt", "/srv/data/b.txt", "/srv/link.txt", "/var/log/app.log"],
            plan.TrustedFiles.Keys.Where(name =>
                name.StartsWith("/srv", StringComparison.Ordinal) || name.StartsWith("/var", StringComparison.Ordinal)));
        Assert.Equal(plan.TrustedFiles["/srv/data/a.txt"], plan.TrustedFiles["/srv/link.txt"]);
        Assert.Equal(EnclaveImageError.Incomplete, (await RefusedAsync(Command("app"), Usual with { Trust = ["/nothing/*"] })).Error);
    }

    [Fact]
    public async Task TheFullList_LeavesSystemAndAccountsOut_WhateverLinksLeadThere()
    {
        var plan = await PlanAsync(
            Command("app"), Usual with { TrustedFiles = TrustedFileMode.Full },
            File("/srv/secrets", "/etc/shadow"), File("/srv/log", "../var/log"), File("/srv/loop", "/srv"), File("/srv/self", "self"));

        Assert.Contains("/srv/data/b.txt", plan.TrustedFiles.Keys);
        Assert.Contains("/etc/passwd", plan.TrustedFiles.Keys);
        Assert.DoesNotContain("/srv/secrets", plan.TrustedFiles.Keys);
        Assert.DoesNotContain(plan.TrustedFiles.Keys, name =>
            name.Contains("shadow", StringComparison.Ordinal) || name.Contains("/log", StringComparison.Ordinal)
            || name.StartsWith("/var", StringComparison.Ordinal) || name.Contains("resolv", StringComparison.Ordinal));
        Assert.Contains(plan.Notes, note => note.Contains("/etc/resolv.conf", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFileThatALaterLayerRemoved_IsNotTrusted_AndOneItReplacedHasItsNewHash()
    {
        var plan = await PlanAsync(
            Command("app"), Usual with { Trust = ["/srv"] }, LayerFile.Whiteout("/srv/data/b.txt"),
                File("/srv/data/a.txt", "new"u8.ToArray()));

        Assert.DoesNotContain("/srv/data/b.txt", plan.TrustedFiles.Keys);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("new"u8)), plan.TrustedFiles["/srv/data/a.txt"]);
        Assert.Equal(
            EnclaveImageError.Incomplete, (await RefusedAsync(Command("app"), null, LayerFile.Whiteout("/usr/lib64/liba.so.1"))).Error);
    }

    [Fact]
    public async Task Refuses_AnImageThatDoesNotSayWhatToRun() =>
        Assert.Equal(EnclaveImageError.NoCommand, (await RefusedAsync(new() { Env = ["PATH=/bin"] })).Error);

    [Fact]
    public async Task Refuses_AProgramThatIsNotThere()
    {
        Assert.Equal(EnclaveImageError.Incomplete, (await RefusedAsync(Command("none"))).Error);
        Assert.Equal(EnclaveImageError.Incomplete, (await RefusedAsync(Command("/srv/data/a.txt"))).Error);
        Assert.Equal(
            EnclaveImageError.Incomplete, (await RefusedAsync(Command("/usr/bin/loop"), null, File("/usr/bin/loop", "loop"))).Error);
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\u0001")]
    [InlineData("a\uFFFDb")]
    public async Task Refuses_NamesThatAManifestCannotCarry(string name) =>
        Assert.Equal(
            EnclaveImageError.UnusableName,
            (await RefusedAsync(Command("app"), Usual with { Trust = ["/srv/data"] }, File("/srv/data/" + name, "x"u8.ToArray()))).Error);

    [Fact]
    public async Task Refuses_AnImageInWhichGraminesPlaceIsTaken()
    {
        Assert.Equal(EnclaveImageError.UnsuitableImage, (await RefusedAsync(Command("app"), null, File("/gramine", "etc"))).Error);
        Assert.Equal(EnclaveImageError.UnsuitableImage,
            (await RefusedAsync(Command("app"), null, File("/gramine/app/app.sig", "x"u8.ToArray()))).Error);
    }

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_LIBRARY_PATH")]
    [InlineData("PYTHONPATH")]
    [InlineData("A=B")]
    public async Task Refuses_VariablesByWhichTheHostWouldChooseCode(string name) =>
        Assert.Equal(EnclaveImageError.InvalidSetting, (await RefusedAsync(Command("app"), Usual with { Passthrough = [name] })).Error);

    [Fact]
    public async Task Refuses_SettingsThatMakeNoSense()
    {
        EnclaveImageOptions[] wrong =
        [
            Usual with { EnclaveBytes = 3 << 20 }, Usual with { EnclaveBytes = 4096 }, Usual with { Threads = 3 },
                Usual with { Threads = 5000 },
            Usual with { TemporaryMounts = ["tmp"] }, Usual with { TemporaryMounts = ["/a/../b"] },
                Usual with { TemporaryMounts = ["/gramine/lib"] },
            Usual with { TemporaryMounts = ["/t", "/t"] }, Usual with { EncryptedMounts = [new EncryptedMount("/data", "a b")] },
            Usual with { User = "web" }, Usual with { Environment = ["=x"] },
                Usual with { AcceptHostArguments = true, ArgumentsInFile = true },
        ];
        foreach (var options in wrong)
        {
            Assert.Equal(EnclaveImageError.InvalidSetting, (await RefusedAsync(Command("app"), options)).Error);
        }
    }

    [Theory]
    [InlineData(null, "65532:65532")]
    [InlineData("root", "65532:65532")]
    [InlineData("0:0", "65532:65532")]
    [InlineData("web", "1001:1002")]
    [InlineData("web:staff", "1001:1500")]
    [InlineData("77", "77:77")]
    public async Task TheUser_IsANumberAndNotRoot(string? user, string expected) =>
        Assert.Equal(expected, (await PlanAsync(Command("app") with { User = user })).Config.User);

    [Fact]
    public async Task Refuses_AUserThatNothingNames() =>
        Assert.Equal(EnclaveImageError.InvalidSetting, (await RefusedAsync(Command("app") with { User = "nobody-here" })).Error);

    [Fact]
    public async Task Arguments_CanLieInATrustedFile()
    {
        var plan = await PlanAsync(Command("app") with { Cmd = ["x", "y z"] }, Usual with { ArgumentsInFile = true });

        Assert.Contains(
            "argv_src_file = \"file:/gramine/app/argv\"", Encoding.UTF8.GetString(plan.Manifest.Span), StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("app\0x\0y z\0"u8)), plan.TrustedFiles["/gramine/app/argv"]);
    }

    [Fact]
    public async Task ArgumentsOfTheHost_TakeTheirOption_AndAreCalledInsecure()
    {
        var plan = await PlanAsync(Command("app") with { Cmd = ["x"] }, Usual with { AcceptHostArguments = true });

        Assert.Contains("insecure__use_cmdline_argv = true", Encoding.UTF8.GetString(plan.Manifest.Span), StringComparison.Ordinal);
        Assert.Equal(["x"], plan.Config.Cmd);
        Assert.Contains(plan.Notes, note => note.StartsWith("INSECURE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.7", "entrypoint = \"file:/gramine/lib/libsysdb.so\"")]
    [InlineData("1.8", "[loader.entrypoint]")]
    public async Task TheLoadersEntrypoint_IsWrittenAsTheReleaseReadsIt(string release, string text) =>
        Assert.Contains(text, Encoding.UTF8.GetString((await PlanAsync(Command("app"), Usual with { Release = release })).Manifest.Span),
            StringComparison.Ordinal);

    [Fact]
    public async Task AnUnknownRelease_IsNotMeasured()
    {
        var plan = await PlanAsync(Command("app"), Usual with { Release = "0.9" });

        Assert.Equal(
            EnclaveError.NotRecomputable, Assert.Throws<EnclaveException>(() => plan.PrepareSigning(new DateOnly(2026, 11, 20))).Error);
    }

    [Fact]
    public async Task TheLoadersHostLibraries_MustBeInTheImage()
    {
        var loader = new Casemate.Testing.ElfSample { Interpreter = GramineSample.Loader, Needed = ["libprotobuf-c.so.1"] }.ToBytes();
        System.IO.File.WriteAllBytes(Path.Combine(Runtime, "sgx/loader"), loader);

        var refused = await RefusedAsync(Command("app"));

        Assert.Equal(EnclaveImageError.RuntimeIncomplete, refused.Error);
        Assert.Contains("libprotobuf-c.so.1", refused.Message, StringComparison.Ordinal);
        await PlanAsync(Command("app"), null,
            File("/usr/lib64/libprotobuf-c.so.1", new Casemate.Testing.ElfSample { SoName = "libprotobuf-c.so.1" }.ToBytes()));
    }

    [Fact]
    public async Task TheLoadersHostLibraries_ComeFromGraminesImage_WhereTheApplicationsLacksThem()
    {
        var root = Path.Combine(Directory.Path, "root");
        GramineSample.WriteApplication(root);
        System.IO.File.WriteAllBytes(
            Path.Combine(root, "usr/lib64/libprotobuf-c.so.1"), new Casemate.Testing.ElfSample { SoName = "libprotobuf-c.so.1" }.ToBytes());
        var loader = new Casemate.Testing.ElfSample { Interpreter = GramineSample.Loader, Needed = ["libprotobuf-c.so.1"] }.ToBytes();
        System.IO.File.WriteAllBytes(Path.Combine(Runtime, "sgx/loader"), loader);
        System.IO.Directory.Move(Runtime, Path.Combine(root, "usr/lib64/gramine"));
        var image = await ImageAsync(Command("app"));
        using var files = await Casemate.Oci.Files.ImageFileSystem.OpenAsync(image, null, Cancel);

        var plan = EnclaveImagePlanner.Plan(image, files, GramineRuntime.Find(new Casemate.Images.Roots.DirectoryRoot(root)), Usual);

        Assert.Equal(
            "/usr/lib64/libprotobuf-c.so.1",
                Assert.Single(plan.RuntimeFiles, file => !file.Path.StartsWith(GramineRuntime.Place, StringComparison.Ordinal)).Path);
        Assert.DoesNotContain("/usr/lib64/libprotobuf-c.so.1", plan.TrustedFiles.Keys);
    }

    [Fact]
    public async Task LinksThatMultiplyNames_EndAtTheLimit()
    {
        var files = Enumerable.Range(0, 1200).Select(i => File($"/srv/many/{i}", "x"u8.ToArray()));
        var links = Enumerable.Range(0, 100).Select(i => File($"/srv/l{i}", "many"));

        var refused = await RefusedAsync(Command("app"), Usual with { TrustedFiles = TrustedFileMode.Full }, [.. files, .. links]);

        Assert.Equal(EnclaveImageError.LimitExceeded, refused.Error);
    }

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData((byte[])GramineSample.Application[path]));
}
