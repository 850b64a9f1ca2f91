using System.Diagnostics;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Dcap;

/// <summary>
/// Intel's libraries, acted by one of our own that is compiled with the machine's C compiler. One for all tests of the run.
/// </summary>
public sealed class DcapStandIn : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Compiles the libraries.</summary>
    public DcapStandIn()
    {
        var source = Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Quoting.Tests", "Dcap", "dcap-stand-in.c");
        foreach (var (folder, file, flag) in new[]
        {
            ("logic", "libsgx_qe3_logic.so", "-DLOGIC"), ("application", "libsgx_dcap_ql.so.1", "-DAPPLICATION_LIBRARY"),
            ("td", "libsgx_tdx_logic.so.1", "-DTD_LIBRARY"),
        })
        {
            Directory.CreateDirectory(_directory.File(folder));
            Problem ??= Compile(source, _directory.File(Path.Combine(folder, file)), flag);
        }
    }

    /// <summary>Why there are no libraries; null when there are.</summary>
    public string? Problem { get; }

    /// <summary>The directory with the library that can do everything.</summary>
    public string Logic => _directory.File("logic");

    /// <summary>The directory with the library that applications link to.</summary>
    public string Application => _directory.File("application");

    /// <summary>The directory with the library that quotes TDs.</summary>
    public string Td => _directory.File("td");

    public void Dispose() => _directory.Dispose();

    private static string? Compile(string source, string target, string flag)
    {
        try
        {
            using var compiler = Process.Start(
                new ProcessStartInfo("cc", ["-shared", "-fPIC", "-Wall", "-Werror", flag, "-o", target, source])
                {
                    RedirectStandardError = true,
                })!;
            var errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, errors);
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "there is no C compiler (cc) on this machine";
        }
    }
}
