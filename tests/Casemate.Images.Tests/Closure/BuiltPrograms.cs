using Casemate.Images.Closure;
using Casemate.Images.Roots;
using Casemate.Testing;

namespace Casemate.Images.Tests.Closure;

/// <summary>Programs and libraries that a test compiles, and what the machine's loader says of them.</summary>
internal sealed class BuiltPrograms : IDisposable
{
    public const string Loader = "/lib64/ld-linux-x86-64.so.2";
    private readonly TemporaryDirectory _directory = new();

    public BuiltPrograms() => Assert.SkipUnless(File.Exists("/usr/bin/gcc") && File.Exists(Loader), "no gcc or no GNU loader on this machine");

    public string Path(string name) => _directory.File(name);

    /// <summary>Compiles; the directories of the output are made.</summary>
    public async Task<string> BuildAsync(string name, string source, params string[] arguments)
    {
        var output = Path(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(output)!);
        var code = Path(System.IO.Path.GetFileName(name) + ".c");
        await File.WriteAllTextAsync(code, source);
        string[] kind = System.IO.Path.GetFileName(name).Contains(".so", StringComparison.Ordinal) ? ["-shared", "-fPIC"] : [];
        var built = await ChildProgram.RunAsync("/usr/bin/gcc", ["-O1", "-w", .. kind, "-o", output, code, .. arguments], directory: _directory.Path);
        Assert.True(built.ExitCode == 0, built.Error);
        return output;
    }

    public ClosureResult Resolve(string program, string? libraryPath = null, params string[] include) => ClosureResolver.Resolve(
        new DirectoryRoot("/"), new ClosureOptions { Programs = [program], LibraryPath = libraryPath, Include = [.. include], Packages = false });

    /// <summary>The closure, after holding what it loads against what the loader lists.</summary>
    public async Task<ClosureResult> ResolveAsTheLoaderAsync(string program, string? libraryPath = null)
    {
        var result = Resolve(program, libraryPath);
        // Started this way a program lists what it would load, and what is missing, and ends.
        var listed = await ChildProgram.RunAsync(program, [], environment: new Dictionary<string, string?>
        {
            ["LD_TRACE_LOADED_OBJECTS"] = "1",
            ["LD_LIBRARY_PATH"] = libraryPath,
            ["LD_PRELOAD"] = null,
        });
        var expected = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.Contains("linux-vdso", StringComparison.Ordinal) && !line.Contains("not found", StringComparison.Ordinal))
            .Select(line => line.Trim().Split(" => ")[^1].Split(" (")[0]).Where(path => path != Loader).Order(StringComparer.Ordinal);
        var actual = Assert.Single(result.Processes).Libraries.Select(library => library.Name).Where(name => name != Loader && name != program);
        Assert.Equal(expected, actual.Order(StringComparer.Ordinal));
        var missing = listed.Output.Split('\n').Count(line => line.EndsWith("not found", StringComparison.Ordinal));
        Assert.Equal(missing > 0, result.Findings.Any(finding => finding.Kind is ClosureFindingKind.LibraryMissing));
        return result;
    }

    /// <summary>Copies a closure out and runs its program with nothing else.</summary>
    public async Task<ChildProgram> RunAloneAsync(ClosureResult closure, string program)
    {
        var root = Path("alone");
        foreach (var file in closure.Files)
        {
            var target = root + file.Path;
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            if (file.Kind is RootEntryKind.Link)
            {
                File.CreateSymbolicLink(target, file.LinkTarget!);
            }
            else
            {
                File.Copy(file.Path, target);
            }
        }

        return Environment.IsPrivilegedProcess
            ? await ChildProgram.RunAsync("chroot", [root, program])
            : await ChildProgram.RunAsync("unshare", ["-r", "chroot", root, program]);
    }

    public void Dispose() => _directory.Dispose();
}
