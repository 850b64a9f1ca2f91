using Casemate.Testing;

namespace Casemate.Images.Tests.Packing;

/// <summary>A C program with a chain of libraries beside it, as the system's compiler builds it, and the command that packs it.</summary>
internal sealed class ChainedProgram : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public string Path(string name) => _directory.File(name);

    public string Layout => Path("image");

    /// <summary>Builds <c>build/app</c>, which needs <c>build/lib/libmiddle.so</c>, which needs <c>build/lib/libdeep.so</c>.</summary>
    /// <param name="runPath">Where the program looks for its libraries.</param>
    public static async Task<ChainedProgram> BuildAsync(string runPath = "/app/lib")
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed");
        var program = new ChainedProgram();
        Directory.CreateDirectory(program.Path("build/lib"));
        await program.CompileAsync("int deep(void) { return 42; }", "-shared", "-fPIC", "-o", "lib/libdeep.so");
        await program.CompileAsync(
            "int deep(void); int middle(void) { return deep(); }", "-shared", "-fPIC", "-o", "lib/libmiddle.so", "-Llib", "-ldeep",
            "-Wl,-rpath,$ORIGIN");
        await program.CompileAsync(
            "#include <stdio.h>\nint middle(void);\nint main(int n, char **words) { printf(\"%s %d\\n\", n > 1 ? words[1] : \"-\", "
                + "middle()); return 0; }",
            "-o", "app", "-Llib", "-lmiddle", $"-Wl,-rpath,{runPath}", "-Wl,-rpath-link,lib");
        return program;
    }

    public Task<ChildProgram> PackAsync(params string[] arguments) => PackInAsync("build", "umask 022", null, arguments);

    /// <summary>Packs from a directory, after a command of the shell.</summary>
    public Task<ChildProgram> PackInAsync(string directory, string before, IReadOnlyDictionary<string, string?>? environment,
        params string[] arguments)
    {
        var casemate = ChildProgram.Casemate;
        Assert.SkipUnless(casemate.Arguments.Length == 0 || File.Exists(casemate.Arguments[0]), "the program is not built");
        return ChildProgram.RunAsync(
            "/bin/sh", ["-c", before + "; exec \"$@\"", "sh", casemate.Program, .. casemate.Arguments, "image", "pack", .. arguments],
            environment: environment, directory: Path(directory));
    }

    public void Dispose() => _directory.Dispose();

    private async Task CompileAsync(string source, params string[] arguments)
    {
        var compiled = await ChildProgram.RunAsync(
            "/usr/bin/gcc", ["-O1", "-x", "c", "-", "-x", "none", .. arguments], System.Text.Encoding.ASCII.GetBytes(source),
            directory: Path("build"));
        Assert.True(compiled.ExitCode == 0, compiled.Error);
    }
}
