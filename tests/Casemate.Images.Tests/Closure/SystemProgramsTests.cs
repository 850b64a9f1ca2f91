using System.Diagnostics;
using Casemate.Images.Closure;
using Casemate.Images.Roots;
using Casemate.Testing;

namespace Casemate.Images.Tests.Closure;

/// <summary>
/// The closure of programs of this machine against what the machine's own loader reports. The loader prints the vDSO, which the kernel
/// brings and no file holds, and itself by its own path; nothing else differs.
/// </summary>
public sealed class SystemProgramsTests(ITestOutputHelper output)
{
    private const string Loader = "/lib64/ld-linux-x86-64.so.2";

    // A shell, interpreters, clients of the network, a compiler's parts, tools of the system, small tools without any library but one.
    private static readonly string[] s_programs =
    [
        "/bin/bash", "/bin/dash", "/usr/bin/python3.11", "/usr/bin/python3.12", "/usr/bin/python3", "/usr/bin/perl", "/usr/bin/git",
        "/usr/bin/curl", "/usr/bin/openssl", "/usr/bin/ssh", "/usr/bin/gdb", "/usr/bin/systemctl", "/usr/bin/apt", "/usr/bin/apt-get", "/usr/bin/dpkg",
        "/usr/bin/tar", "/usr/bin/grep", "/usr/bin/sed", "/usr/bin/find", "/usr/bin/gcc", "/usr/bin/as", "/usr/bin/ld", "/usr/bin/readelf",
        "/usr/bin/make", "/usr/bin/gpgv", "/usr/bin/ls", "/usr/bin/sort", "/usr/bin/cp", "/usr/bin/mount", "/usr/bin/su", "/usr/bin/passwd", "/usr/bin/login",
        "/usr/bin/ps", "/usr/bin/top", "/usr/bin/gzip", "/usr/bin/xz", "/usr/bin/bzip2", "/usr/bin/mawk", "/usr/bin/less", "/usr/bin/vim.basic",
        "/usr/sbin/useradd", "/usr/sbin/ldconfig", "/usr/sbin/mke2fs", "/usr/bin/journalctl", "/usr/bin/infocmp", "/usr/bin/diff", "/usr/bin/env",
        "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "/usr/lib/gcc/x86_64-linux-gnu/13/cc1", "/usr/lib/gcc/x86_64-linux-gnu/14/cc1",
    ];

    [Fact]
    public async Task Closure_EqualsWhatTheLoaderLists_ForTwentyProgramsAndMore()
    {
        Assert.SkipUnless(File.Exists(Loader) && File.Exists("/etc/debian_version"), "not a Debian system with the GNU loader");
        var compared = new HashSet<string>();
        foreach (var program in s_programs.Where(File.Exists))
        {
            var listed = await ChildProgram.RunAsync(Loader, ["--list", program], environment: new Dictionary<string, string?> { ["LD_LIBRARY_PATH"] = null, ["LD_PRELOAD"] = null });
            if (listed.ExitCode != 0)
            {
                continue;                                                  // A script, or a static program.
            }

            var expected = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.Contains("linux-vdso", StringComparison.Ordinal) && !line.Contains("statically linked", StringComparison.Ordinal))
                .Select(line => line.Trim().Split(" => ")[^1].Split(" (")[0]).Where(path => path != Loader).ToHashSet();
            var result = ClosureResolver.Resolve(new DirectoryRoot("/"), new ClosureOptions
            {
                Programs = [program],
                Packages = false,
                NameService = DataSwitch.Exclude,
                Accounts = DataSwitch.Exclude,
                Certificates = DataSwitch.Exclude,
                CharacterSets = DataSwitch.Exclude,
                Locales = DataSwitch.Exclude,
                TimeZones = DataSwitch.Exclude,
            });
            var actual = Assert.Single(result.Processes).Libraries.Select(library => library.Name).Where(name => name != Loader && name != program).ToHashSet();

            Assert.True(expected.SetEquals(actual), $"{program}: loader {string.Join(' ', expected.Except(actual))}; closure {string.Join(' ', actual.Except(expected))}");
            Assert.True(result.IsComplete, $"{program}: {string.Join("; ", result.Findings.Select(finding => finding.Message))}");
            compared.Add(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program);
        }

        output.WriteLine($"{compared.Count} programs: {string.Join(' ', compared)}");
        Assert.True(compared.Count >= 20, $"only {compared.Count} programs of the list are here: {string.Join(' ', compared)}");
    }

    [Fact]
    public void PackagesOfOrigin_AreThoseOfDpkg()
    {
        Assert.SkipUnless(File.Exists("/var/lib/dpkg/status"), "not a Debian system");
        var result = ClosureResolver.Resolve(new DirectoryRoot("/"), new ClosureOptions { Programs = ["/bin/bash"] });

        var shell = Assert.Single(result.Files, file => file.Path == "/usr/bin/bash");
        Assert.Equal(("deb", "bash", "amd64"), (shell.Package?.Database, shell.Package?.Name, shell.Package?.Architecture));
        Assert.NotEmpty(shell.Package!.Version);
        Assert.Equal("libc6", Assert.Single(result.Files, file => file.Path.EndsWith("/libc.so.6", StringComparison.Ordinal)).Package?.Name);
    }

    [Fact]
    public void TheSecondRun_GivesTheSameAnswer()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/perl"), "no perl on this machine");
        var options = new ClosureOptions { Programs = ["/usr/bin/perl"] };
        var clock = Stopwatch.StartNew();
        var one = ClosureResolver.Resolve(new DirectoryRoot("/"), options);
        output.WriteLine($"first {clock.ElapsedMilliseconds} ms");
        clock.Restart();
        var two = ClosureResolver.Resolve(new DirectoryRoot("/"), options);
        output.WriteLine($"second {clock.ElapsedMilliseconds} ms, {two.Files.Length} files, {two.TotalSize} bytes");

        Assert.Equal(one.Files.Select(file => (file.Path, file.Sha256, file.LinkTarget)), two.Files.Select(file => (file.Path, file.Sha256, file.LinkTarget)));
        Assert.Equal(one.Findings, two.Findings);
    }
}
