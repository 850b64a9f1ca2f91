using System.Text;
using Casemate.Images.Closure;
using Casemate.Images.Packing;
using Casemate.Images.Roots;
using Casemate.Oci;
using Casemate.Oci.Tar;

namespace Casemate.Images.Tests.Packing;

/// <summary>What a planned image holds, and how it is started.</summary>
public sealed class PackPlannerTests
{
    [Fact]
    public async Task Accounts_AreThoseOfTheImage_NotOfTheMachine()
    {
        var root = SmallRoot.Make().With("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/bash\n")
            .With("/etc/hosts", "10.0.0.7 build-machine\n");

        var plan = SmallRoot.Plan(root, SmallRoot.Options() with { NameService = DataSwitch.Include });

        Assert.Equal(
            "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n", await TextAsync(plan, "/etc/passwd"));
        Assert.DoesNotContain("build-machine", await TextAsync(plan, "/etc/hosts"), StringComparison.Ordinal);
    }

    [Fact]
    public void Image_IsStartedAsNobody_WithLittleEnvironment()
    {
        var plan = SmallRoot.Plan(SmallRoot.Make(), SmallRoot.Options() with
        {
            Arguments = ["--serve", "a b"],
            WorkingDirectory = "/data"
        });

        Assert.Equal("65532:65532", plan.Config.User);
        Assert.Equal([SmallRoot.Program, "--serve", "a b"], plan.Config.Entrypoint);
        Assert.Equal(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], plan.Config.Env);
        Assert.Equal("/data", plan.Config.WorkingDir);
        Assert.Equal("none", plan.Labels["dev.casemate.quotes"]);
        Assert.Equal(TarEntryKind.Directory, File(plan, "/data").Kind);
        Assert.Equal(0x3FF, File(plan, "/tmp").Mode);
    }

    [Fact]
    public void Entrypoint_OfTheUser_TakesTheArgumentsAsItsCommand()
    {
        var plan = SmallRoot.Plan(SmallRoot.Make(), SmallRoot.Options() with { Entrypoint = ["/app/host", "-x"], Arguments = ["y"] });

        Assert.Equal(["/app/host", "-x"], plan.Config.Entrypoint);
        Assert.Equal(["y"], plan.Config.Cmd);
    }

    // MemoryRoot's files are readable by their owner alone, and not executable.
    [Fact]
    public void Modes_AreThoseOfTheImage()
    {
        var plan = SmallRoot.Plan(SmallRoot.Make().With("/app/data", "x"), SmallRoot.Options() with { Include = ["/app/data"] });

        Assert.Equal(0x1ED, File(plan, SmallRoot.Program).Mode);
        Assert.Equal(0x1A4, File(plan, "/app/data").Mode);
    }

    [Fact]
    public void Layers_FollowWhereThingsAreAndWhy()
    {
        var root = SmallRoot.Make().With("/usr/lib/libsgx_enclave_common.so.1", "x").With("/usr/share/thing", "x")
            .With("/usr/local/lib/own", "x");

        var plan = SmallRoot.Plan(root, SmallRoot.Options() with
        {
            Include = ["/usr/lib/libsgx_enclave_common.so.1", "/usr/share/thing"],
            NameService = DataSwitch.Include,
        });

        Assert.Equal(PackLayer.SgxRuntime, File(plan, "/usr/lib/libsgx_enclave_common.so.1").Layer);
        Assert.Equal(PackLayer.Application, File(plan, "/usr/share/thing").Layer);
        Assert.Equal(PackLayer.Base, File(plan, "/etc/nsswitch.conf").Layer);
        Assert.Equal("out-of-process", plan.Labels["dev.casemate.quotes"]);
    }

    [Fact]
    public void SourceDigest_ChangesWithEveryFile_AndWithNothingElse()
    {
        var one = SmallRoot.Plan(SmallRoot.Make(), SmallRoot.Options());
        var same = SmallRoot.Plan(SmallRoot.Make().With("/not/included", "x"), SmallRoot.Options());
        var other = SmallRoot.Plan(SmallRoot.Make().With("/app/data", "x"), SmallRoot.Options() with { Include = ["/app/data"] });

        Assert.Equal(one.Source, same.Source);
        Assert.NotEqual(one.Source, other.Source);
    }

    // The same files with the same modes: in which layers they lie is no matter.
    [Fact]
    public void SourceDigest_DoesNotDependOnLayers()
    {
        var included = SmallRoot.Plan(
            SmallRoot.Make().With("/app/e.signed", SmallRoot.OpenEnclave()), SmallRoot.Options() with { Include = ["/app/e.signed"] });
        var named = SmallRoot.Plan(SmallRoot.Make().With("/app/e.signed", SmallRoot.OpenEnclave()), SmallRoot.Options("/app/e.signed"));

        Assert.NotEqual(File(included, "/app/e.signed").Layer, File(named, "/app/e.signed").Layer);
        Assert.Equal(included.Source, named.Source);
    }

    // The files of these roots are readable by their owner alone.
    [Fact]
    public void Warns_OfFilesThatWerePrivate_InOneSentence()
    {
        var root = SmallRoot.Make();
        foreach (var number in Enumerable.Range(1, 8))
        {
            root.With($"/app/secret{number}", "x");
        }

        var plan = SmallRoot.Plan(root, SmallRoot.Options() with { Include = ["/app"] });

        var finding = Assert.Single(plan.Findings, finding => finding.Contains("for the owner alone", StringComparison.Ordinal));
        Assert.Contains("/app/secret1, ", finding, StringComparison.Ordinal);
        Assert.Contains(" and 4 more", finding, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/bin/python3.12", "/usr/lib/python3.12/encodings/__init__.py", "--include /usr/lib/python3.12")]
    [InlineData("/usr/bin/perl", "/usr/share/perl/5.36/strict.pm", "--include /usr/share/perl")]
    [InlineData("/usr/bin/ruby3.1", "/usr/lib/ruby/3.1.0/rubygems.rb", "--include /usr/lib/ruby")]
    [InlineData("/usr/lib/jvm/j/bin/java", "/usr/lib/jvm/j/lib/modules", "--include /usr/lib/jvm")]
    [InlineData("/usr/bin/node", "/app/main.js", "--include /app")]
    public void Warns_OfAnInterpreterWithoutItsLibrary(string program, string library, string advice)
    {
        var small = SmallRoot.Make();
        using var host = new MemoryStream();
        using (var stream = small.Open(SmallRoot.Program))
        {
            stream.CopyTo(host);
        }

        var root = small.With(program, host.ToArray()).With(library, "x");

        var alone = SmallRoot.Plan(root, SmallRoot.Options() with { Program = program });
        var complete = SmallRoot.Plan(root, SmallRoot.Options() with { Program = program, Include = [library] });

        Assert.Contains(alone.Findings, finding => finding.Contains(advice, StringComparison.Ordinal));
        Assert.DoesNotContain(complete.Findings, finding => finding.Contains("interpreter", StringComparison.Ordinal));
    }

    [Fact]
    public void Remedy_IsAboutWhatIsWrong()
    {
        var pattern = Assert.Throws<PackException>(() => SmallRoot.Plan(SmallRoot.Make(), SmallRoot.Options() with { Include = ["/x*"] }));
        var program = Assert.Throws<PackException>(
            () => SmallRoot.Plan(SmallRoot.Make().With("/app/text", "no program"), SmallRoot.Options() with { Program = "/app/text" }));

        Assert.Contains("pattern", pattern.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("LD_LIBRARY_PATH", pattern.Remedy, StringComparison.Ordinal);
        Assert.Contains("x86-64", program.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("--allow-missing", program.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CollateralConfiguration_OfTheUser_StandsInPlaceOfTheRoots()
    {
        var plan = SmallRoot.Plan(SmallRoot.Make().With("/etc/sgx_default_qcnl.conf", "localhost"), SmallRoot.Options() with
        {
            Include = ["/etc/sgx_default_qcnl.conf"],
            CollateralConfiguration = "pccs"u8.ToArray(),
        });

        Assert.Equal("pccs", await TextAsync(plan, "/etc/sgx_default_qcnl.conf"));
    }

    [Fact]
    public void Refuses_AProgramThatIsNotThere()
    {
        var failure = Assert.Throws<PackException>(() => SmallRoot.Plan(
            SmallRoot.Make(), SmallRoot.Options() with { Program = "/app/none" }));

        Assert.Equal(PackError.Incomplete, failure.Error);
        Assert.Contains("/app/none", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AProgramBehindALoopOfLinks()
    {
        var root = SmallRoot.Make().WithLink("/a", "/b").WithLink("/b", "/a");

        Assert.Equal(PackError.Incomplete, Assert.Throws<PackException>(
            () => SmallRoot.Plan(root, SmallRoot.Options() with { Program = "/a" })).Error);
    }

    [Fact]
    public void Lists_EverythingThatIsMissing()
    {
        var failure = Assert.Throws<PackException>(() => SmallRoot.Plan(
            SmallRoot.Make(), SmallRoot.Options() with { Include = ["/x", "/y*"] }));

        Assert.Equal(2, failure.Findings.Length);
        Assert.Equal(SmallRoot.Program, SmallRoot.Plan(
            SmallRoot.Make(), SmallRoot.Options() with { Include = ["/x", "/y*"], AllowMissing = ["/x", "/y*"] }).Config.Entrypoint[0]);
    }

    public static TheoryData<string, PackOptions> Nonsense => new()
    {
        { "a user's name", SmallRoot.Options() with { User = "app" } },
        { "three numbers", SmallRoot.Options() with { User = "1:2:3" } },
        { "a number too large", SmallRoot.Options() with { User = "4294967295" } },
        { "a relative working directory", SmallRoot.Options() with { WorkingDirectory = "app" } },
        { "a working directory that climbs", SmallRoot.Options() with { WorkingDirectory = "/app/../etc" } },
        { "a variable without a name", SmallRoot.Options() with { Environment = ["=x"] } },
        { "a variable without a value", SmallRoot.Options() with { Environment = ["X"] } },
        { "a label that is computed", SmallRoot.Options() with { Labels = SmallRoot.Options()
            .Labels.Add("dev.casemate.enclave.mrenclave", "00") } },
        { "a label with a line break", SmallRoot.Options() with { Labels = SmallRoot.Options().Labels.Add("x", "a\nb") } },
        { "a time before 1970", SmallRoot.Options() with { EpochSeconds = -1 } },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Refuses_SettingsThatMakeNoSense(string what, PackOptions options)
    {
        Assert.NotEmpty(what);
        Assert.Equal(PackError.InvalidSetting, Assert.Throws<PackException>(() => SmallRoot.Plan(SmallRoot.Make(), options)).Error);
    }

    // What was measured and listed is what is written, or nothing is.
    [Fact]
    public async Task Refuses_AFileThatChangedAfterItWasPlanned()
    {
        var root = SmallRoot.Make().With("/app/data", "before");
        var plan = SmallRoot.Plan(root, SmallRoot.Options() with { Include = ["/app/data"] });
        root.With("/app/data", "behind");
        using var directory = new Testing.TemporaryDirectory();

        var failure = await Assert.ThrowsAsync<OciException>(() => Packer.WriteAsync(
            plan, Oci.Layout.OciLayout.OpenOrCreate(directory.File("image")), "1", null, null, TestContext.Current.CancellationToken));

        Assert.Equal(OciError.DigestMismatch, failure.Error);
        Assert.Empty(Oci.Layout.OciLayout.Open(directory.File("image")).Manifests);
    }

    [Fact]
    public void Refuses_AFileThatCannotBeRead()
    {
        var root = new UnreadableRoot(SmallRoot.Make().With("/app/data", "x"), "/app/data");

        var failure = Assert.Throws<OciException>(() => PackPlanner.Plan(
            root, SmallRoot.Options() with { Include = ["/app/data"] }, SmallRoot.Noon));

        Assert.Equal(OciError.Storage, failure.Error);
        Assert.Contains("/app/data", failure.Message, StringComparison.Ordinal);
    }

    private static PackedFile File(PackPlan plan, string path) => plan.Files.Single(file => file.Path == path);

    private static async Task<string> TextAsync(PackPlan plan, string path)
    {
        await using var stream = await File(plan, path).Content.OpenAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private sealed class UnreadableRoot(IRootFileSystem root, string unreadable) : IRootFileSystem
    {
        public RootEntry? Look(string path) => root.Look(path);

        public IReadOnlyList<string> List(string path) => root.List(path);

        public Stream Open(string path) => path == unreadable
            ? throw new OciException(OciError.Storage, $"{path} cannot be read: no permission") : root.Open(path);
    }
}
