using System.Text;
using Casemate.Images.Closure;
using Casemate.Images.Roots;
using Casemate.Testing;

namespace Casemate.Images.Tests.Closure;

/// <summary>Rules that need a root of another kind than this machine: written files in a root in memory.</summary>
public sealed class ClosureResolverTests
{
    private const string Gnu = "/lib64/ld-linux-x86-64.so.2";
    private const string Musl = "/lib/ld-musl-x86_64.so.1";

    [Fact]
    public void Cache_IsBelieved_AndTaken_WhenItNamesAnotherDirectory()
    {
        var root = GnuRoot("liba.so").With("/opt/liba.so", Library("liba.so"))
            .With("/etc/ld.so.cache", LoaderCacheBytes.New([("liba.so", "/opt/liba.so", 0x303, 0)]));

        var closure = Resolve(root);

        Assert.True(closure.IsComplete);
        Assert.Contains(closure.Files, file => file.Path == "/opt/liba.so");
        Assert.Contains(closure.Files, file => file.Path == "/etc/ld.so.cache" && file.Reasons[0].Kind is ClosureReasonKind.LoaderConfiguration);
    }

    [Fact]
    public void Configuration_IsUsed_WhenThereIsNoCache_WithAWarning()
    {
        var closure = Resolve(GnuRoot("liba.so").With("/opt/liba.so", Library("liba.so")).With("/etc/ld.so.conf", "/opt\n"));

        Assert.Equal(ClosureFindingKind.LoaderCacheMissing, Assert.Single(closure.Findings).Kind);
        Assert.Contains(closure.Files, file => file.Path == "/opt/liba.so");
    }

    [Fact]
    public void MalformedCache_IsReported_AndConfigurationUsed()
    {
        var closure = Resolve(GnuRoot("liba.so").With("/usr/lib64/liba.so", Library("liba.so")).With("/etc/ld.so.cache", "garbage"));

        Assert.Equal(ClosureFindingKind.LoaderCacheUnreadable, Assert.Single(closure.Findings).Kind);
        Assert.True(closure.IsComplete);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public void ProcessorVariants_AreAllIn_OrAllOut(bool wanted, int expected)
    {
        var root = GnuRoot("liba.so").With("/usr/lib64/liba.so", Library("liba.so"))
            .With("/usr/lib64/glibc-hwcaps/x86-64-v2/liba.so", Library("liba.so")).With("/usr/lib64/glibc-hwcaps/x86-64-v3/liba.so", Library("liba.so"));

        var closure = Resolve(root, new ClosureOptions { Programs = ["/bin/app"], ProcessorVariants = wanted });

        Assert.Equal(expected, closure.Files.Count(file => file.Reasons.Any(reason => reason.Kind is ClosureReasonKind.ProcessorVariant)));
        Assert.Contains(closure.Files, file => file.Path == "/usr/lib64/liba.so");
    }

    [Fact]
    public void LibraryOfAnotherProcessor_DoesNotHideOurs()
    {
        var root = GnuRoot("liba.so").With("/lib64/liba.so", new ElfSample { Machine = 183 }.ToBytes()).With("/usr/lib64/liba.so", Library("liba.so"));
        Assert.Contains(Resolve(root).Files, file => file.Path == "/usr/lib64/liba.so");
    }

    [Fact]
    public void Script_InPlaceOfALibrary_IsReported()
    {
        var finding = Assert.Single(
            Resolve(GnuRoot("liba.so").With("/lib64/liba.so", "INPUT(-la)")).Findings, finding => finding.Kind is ClosureFindingKind.NotLoadable);
        Assert.Contains("not an ELF file", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingLibrary_IsAnError_UnlessAllowed()
    {
        var refused = Resolve(GnuRoot("liba.so"));
        Assert.Equal((ClosureFindingKind.LibraryMissing, false), (Assert.Single(refused.Findings).Kind, refused.IsComplete));

        var allowed = Resolve(GnuRoot("liba.so"), new ClosureOptions { Programs = ["/bin/app"], AllowMissing = ["liba.so"] });
        Assert.Equal((ClosureFindingKind.MissingAllowed, true), (Assert.Single(allowed.Findings).Kind, allowed.IsComplete));
    }

    [Fact]
    public void MissingProgram_AndMissingLoader_AreErrors()
    {
        Assert.Equal(ClosureFindingKind.ProgramMissing, Assert.Single(Resolve(new MemoryRoot().With("/x", "x")).Findings).Kind);
        Assert.Equal(
            ClosureFindingKind.LoaderMissing,
            Assert.Single(Resolve(new MemoryRoot().With("/bin/app", new ElfSample { Interpreter = Gnu }.ToBytes())).Findings).Kind);
    }

    [Fact]
    public void Musl_TakesTheLoaderForTheCLibrary_AndReadsItsOwnPath()
    {
        var root = new MemoryRoot().With("/bin/app", new ElfSample { Interpreter = Musl, Needed = ["libc.musl-x86_64.so.1", "liba.so"] }.ToBytes())
            .With(Musl, new ElfSample { SoName = "libc.musl-x86_64.so.1" }.ToBytes())
            .With("/etc/ld-musl-x86_64.path", "/one\n/opt/lib:/two\n").With("/opt/lib/liba.so", Library("other-name.so")).With("/usr/lib/liba.so", "wrong");

        var closure = Resolve(root);

        Assert.True(closure.IsComplete);
        Assert.Equal(["/bin/app", "/etc/ld-musl-x86_64.path", Musl, "/opt/lib/liba.so"], closure.Files.Select(file => file.Path));
    }

    [Fact]
    public void Musl_InheritsRunPath()
    {
        var root = new MemoryRoot().With("/app/bin/app", new ElfSample { Interpreter = Musl, Needed = ["liba.so"], RunPath = "$ORIGIN/../lib" }.ToBytes())
            .With(Musl, Library("libc.musl-x86_64.so.1")).With("/app/lib/liba.so", new ElfSample { Needed = ["libb.so"] }.ToBytes())
            .With("/app/lib/libb.so", Library("libb.so"));

        Assert.True(Resolve(root, new ClosureOptions { Programs = ["/app/bin/app"] }).IsComplete);
    }

    [Fact]
    public void Script_OfEnv_BringsEnvAndTheInterpreterInPath()
    {
        var program = new ElfSample { Dynamic = false }.ToBytes();
        var root = new MemoryRoot().With("/run.py", "#!/usr/bin/env -S python3 -u\n").With("/usr/bin/env", program).With("/opt/bin/python3", program);

        var closure = Resolve(root, new ClosureOptions { Programs = ["/run.py"], CommandPath = "/usr/bin:/opt/bin" });

        Assert.True(closure.IsComplete);
        Assert.Equal(["/opt/bin/python3", "/run.py", "/usr/bin/env"], closure.Files.Select(file => file.Path));
    }

    [Fact]
    public void Scripts_ThatNameEachOther_AreRefused() =>
        Assert.Contains(
            Resolve(new MemoryRoot().With("/bin/app", "#!/b\n").With("/b", "#!/bin/app\n")).Findings,
            finding => finding is { Kind: ClosureFindingKind.NotLoadable, Severity: ClosureSeverity.Error });

    [Fact]
    public void WeakVersion_ThatIsMissing_IsAWarning()
    {
        var root = GnuRoot().With("/lib64/liba.so", new ElfSample { SoName = "liba.so", VersionDefinitions = ["A_1"] }.ToBytes())
            .With("/bin/app", new ElfSample { Interpreter = Gnu, Needed = ["liba.so"], VersionNeeds = [("liba.so", "A_2", 2, true)] }.ToBytes());

        var finding = Assert.Single(Resolve(root).Findings);
        Assert.Equal((ClosureFindingKind.SymbolVersionMissing, ClosureSeverity.Warning), (finding.Kind, finding.Severity));
    }

    [Fact]
    public void Data_AreTaken_ForTheFunctionsThatReadThem()
    {
        var root = GnuRoot().With("/etc/passwd", "p").With("/etc/hosts", "h").With("/etc/localtime", "z")
            .With("/bin/app", new ElfSample { Interpreter = Gnu, Symbols = [('W', "getpwnam", 0)] }.ToBytes());

        var closure = Resolve(root);
        Assert.Contains(closure.Files, file => file.Path == "/etc/passwd" && file.Reasons[0].Detail == "read by getpwnam");
        Assert.DoesNotContain(closure.Files, file => file.Path is "/etc/hosts" or "/etc/localtime");

        var other = Resolve(root, new ClosureOptions { Programs = ["/bin/app"], Accounts = DataSwitch.Exclude, TimeZones = DataSwitch.Include });
        Assert.Contains(other.Files, file => file.Path == "/etc/localtime");
        Assert.DoesNotContain(other.Files, file => file.Path == "/etc/passwd");
    }

    [Theory]
    [InlineData(QuoteMode.OutOfProcess, "libsgx_enclave_common.so.1 libsgx_quote_ex.so.1")]
    [InlineData(QuoteMode.None, "libsgx_enclave_common.so.1")]
    [InlineData(QuoteMode.InProcess, "libdcap_quoteprov.so.1 libsgx_dcap_ql.so.1 libsgx_enclave_common.so.1 libsgx_qe3.signed.so.1 libsgx_qe3_logic.so sgx_default_qcnl.conf")]
    public void RuntimeParts_AreTakenByMode(QuoteMode mode, string expected)
    {
        var closure = Resolve(SgxRoot(), new ClosureOptions { Programs = ["/bin/app"], Quotes = mode });

        Assert.Equal(
            expected, string.Join(' ', closure.Files.Where(file => file.Reasons.Any(reason => reason.Kind is ClosureReasonKind.RuntimePart))
                .Select(file => file.Path.Split('/')[^1]).Order(StringComparer.Ordinal)));
        Assert.True(closure.IsComplete, string.Join("; ", closure.Findings.Select(finding => finding.Message)));
    }

    [Fact]
    public void QuoteModes_ThatAreMixed_AreRefused()
    {
        var closure = Resolve(SgxRoot(), new ClosureOptions { Programs = ["/bin/app"], Include = ["/usr/lib64/libsgx_qe3*"] });
        Assert.Contains(closure.Findings, finding => finding is { Kind: ClosureFindingKind.QuoteModesMixed, Severity: ClosureSeverity.Error });
    }

    [Fact]
    public void Packages_ComeFromDpkg_AlsoBehindTheLinkOfLib()
    {
        var root = GnuRoot("liba.so").With("/usr/lib64/liba.so", Library("liba.so"))
            .With("/var/lib/dpkg/status", "Package: liba\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2\n\n")
            .With("/var/lib/dpkg/info/liba:amd64.list", "/.\n/lib64\n/lib64/liba.so\n").With("/var/lib/dpkg/info/x.md5sums", "");

        var file = Assert.Single(Resolve(root).Files, file => file.Path == "/usr/lib64/liba.so");
        Assert.Equal(new Packages.PackageOrigin("deb", "liba", "1.2", "amd64"), file.Package);
    }

    [Fact]
    public void Packages_ComeFromApk()
    {
        var root = GnuRoot().With("/lib/apk/db/installed", "C:Q1\nP:app\nV:3-r0\nA:x86_64\nF:bin\nR:app\n\nP:other\nF:bin\nR:else\n");
        Assert.Equal(new Packages.PackageOrigin("apk", "app", "3-r0", "x86_64"), Assert.Single(Resolve(root).Files, file => file.Path == "/bin/app").Package);
    }

    [Fact]
    public void DatabaseOfRpm_IsSaidToBeUnread() =>
        Assert.Equal(ClosureFindingKind.PackagesUnread, Assert.Single(Resolve(GnuRoot().With("/var/lib/rpm/rpmdb.sqlite", "x")).Findings).Kind);

    private static ClosureResult Resolve(MemoryRoot root, ClosureOptions? options = null) =>
        ClosureResolver.Resolve(root, options ?? new ClosureOptions { Programs = ["/bin/app"] });

    private static byte[] Library(string name) => new ElfSample { SoName = name }.ToBytes();

    // A loader that was built with lib64, as its own file says.
    private static MemoryRoot GnuRoot(params string[] needed) => new MemoryRoot()
        .With(Gnu, new ElfSample { SoName = "ld-linux-x86-64.so.2", Note = Encoding.ASCII.GetBytes("\0/lib64/\0/usr/lib64/\0") }.ToBytes())
        .With("/bin/app", new ElfSample { Interpreter = Gnu, Needed = needed }.ToBytes());

    private static MemoryRoot SgxRoot()
    {
        byte[] Opens(string? soName, string? interpreter, params string[] names) => new ElfSample
        {
            SoName = soName,
            Interpreter = interpreter,
            Symbols = [('W', "dlopen", 0)],
            Note = Encoding.ASCII.GetBytes(string.Join('\0', names) + "\0"),
        }.ToBytes();
        var root = GnuRoot().With("/bin/app", Opens(null, Gnu, "libsgx_enclave_common.so.1", "libsgx_quote_ex.so.1", "libsgx_dcap_ql.so.1"))
            .With("/usr/lib64/libsgx_dcap_ql.so.1", Opens("libsgx_dcap_ql.so.1", null, "libsgx_qe3_logic.so"))
            .With("/usr/lib64/libsgx_qe3_logic.so", Opens("libsgx_qe3_logic.so", null, "libdcap_quoteprov.so.1", "libsgx_qe3.signed.so.1"))
            .With("/usr/lib64/libsgx_qe3.signed.so.1", "enclave").With("/etc/sgx_default_qcnl.conf", "{}");
        foreach (var name in (string[])["libsgx_enclave_common.so.1", "libsgx_quote_ex.so.1", "libdcap_quoteprov.so.1"])
        {
            root.With("/usr/lib64/" + name, Library(name));
        }

        return root;
    }
}
