using System.Runtime.Versioning;
using Casemate.Images.Closure;
using Casemate.Images.Roots;

namespace Casemate.Images.Tests.Closure;

/// <summary>The rules of the GNU loader, each with programs that depend on it, and with the loader itself as the judge.</summary>
[SupportedOSPlatform("linux")]
public sealed class BuiltProgramsTests : IDisposable
{
    private const string Leaf = "int leaf(void) { return 7; }";
    private const string Middle = "int leaf(void); int middle(void) { return leaf(); }";
    private const string Main = "int puts(const char *); int middle(void); int main(void) { puts(\"ran\"); return middle() - 7; }";
    private readonly BuiltPrograms _built = new();

    [Fact]
    public async Task Chain_IsFoundByTheRunPathOfEach_AndRunsAlone()
    {
        await _built.BuildAsync("lib/libleaf.so", Leaf);
        await _built.BuildAsync("lib/libmiddle.so", Middle, "-Llib", "-lleaf", "-Wl,-rpath,$ORIGIN");
        var program = await _built.BuildAsync("bin/main", Main, "-Llib", "-lmiddle", "-Wl,-rpath-link,lib", Path("lib"));

        var closure = await _built.ResolveAsTheLoaderAsync(program);

        Assert.True(closure.IsComplete);
        var leaf = Assert.Single(closure.Files, file => file.Path == _built.Path("lib/libleaf.so"));
        Assert.Contains(leaf.Reasons, reason => reason.Kind is ClosureReasonKind.Library && reason.By == _built.Path("lib/libmiddle.so")
            && reason.Detail.Contains("DT_RUNPATH", StringComparison.Ordinal));
        var run = await _built.RunAloneAsync(closure, program);
        Assert.Equal((0, "ran\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task RPath_IsInherited()
    {
        await _built.BuildAsync("lib/libleaf.so", Leaf);
        await _built.BuildAsync("lib/libmiddle.so", Middle, "-Llib", "-lleaf");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", "-Wl,-rpath-link,lib", "-Wl,--disable-new-dtags,-rpath,$ORIGIN/lib");

        Assert.True((await _built.ResolveAsTheLoaderAsync(program)).IsComplete);
    }

    [Fact]
    public async Task RunPath_IsNotInherited()
    {
        await _built.BuildAsync("lib/libleaf.so", Leaf);
        await _built.BuildAsync("lib/libmiddle.so", Middle, "-Llib", "-lleaf");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", "-Wl,-rpath-link,lib", "-Wl,--enable-new-dtags,-rpath,$ORIGIN/lib");

        var closure = await _built.ResolveAsTheLoaderAsync(program);

        var missing = Assert.Single(closure.Findings, finding => finding.Kind is ClosureFindingKind.LibraryMissing);
        Assert.Equal(_built.Path("lib/libmiddle.so"), missing.Path);
        Assert.Contains("libleaf.so", missing.Message, StringComparison.Ordinal);
        Assert.False(closure.IsComplete);
    }

    [Fact]
    public async Task RPath_IsVoid_ForAnObjectWithARunPath()
    {
        await _built.BuildAsync("lib/libleaf.so", Leaf);
        await _built.BuildAsync("lib/libmiddle.so", Middle, "-Llib", "-lleaf", "-Wl,--enable-new-dtags,-rpath,/nowhere");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", "-Wl,-rpath-link,lib", "-Wl,--disable-new-dtags,-rpath,$ORIGIN/lib");

        Assert.False((await _built.ResolveAsTheLoaderAsync(program)).IsComplete);
    }

    [Theory]
    [InlineData("--enable-new-dtags", "b")]
    [InlineData("--disable-new-dtags", "a")]
    public async Task LibraryPath_ComesBeforeRunPath_AndBehindRPath(string tags, string expected)
    {
        await _built.BuildAsync("a/libmiddle.so", "int middle(void) { return 7; }");
        await _built.BuildAsync("b/libmiddle.so", "int middle(void) { return 8; }");
        var program = await _built.BuildAsync("main", Main, "-La", "-lmiddle", $"-Wl,{tags},-rpath,$ORIGIN/a");

        var closure = await _built.ResolveAsTheLoaderAsync(program, $"/nowhere:{_built.Path("b")}");

        Assert.Contains(closure.Files, file => file.Path == _built.Path(expected + "/libmiddle.so"));
    }

    [Fact]
    public async Task Links_AreKept_WithTheirTargets()
    {
        await _built.BuildAsync("lib/libmiddle.so.1.2", "int middle(void) { return 7; }", "-Wl,-soname,libmiddle.so.1");
        File.CreateSymbolicLink(_built.Path("lib/libmiddle.so.1"), "libmiddle.so.1.2");
        File.CreateSymbolicLink(_built.Path("lib/libmiddle.so"), "libmiddle.so.1");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", Path("lib"));

        var closure = await _built.ResolveAsTheLoaderAsync(program);

        var link = Assert.Single(closure.Files, file => file.Path == _built.Path("lib/libmiddle.so.1"));
        Assert.Equal((RootEntryKind.Link, "libmiddle.so.1.2"), (link.Kind, link.LinkTarget));
        Assert.Equal(RootEntryKind.File, Assert.Single(closure.Files, file => file.Path == _built.Path("lib/libmiddle.so.1.2")).Kind);
        Assert.DoesNotContain(closure.Files, file => file.Path == _built.Path("lib/libmiddle.so"));
        Assert.Equal("ran\n", (await _built.RunAloneAsync(closure, program)).Output);
    }

    [Fact]
    public async Task OneFileByTwoNames_IsLoadedOnce()
    {
        await _built.BuildAsync("lib/libleaf.so", Leaf);
        await _built.BuildAsync("lib/libmiddle.so", Middle, "-Llib", "-lleaf", "-Wl,-rpath,$ORIGIN");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", "-lleaf", "-Wl,--no-as-needed", "-lother", "-Wl,-rpath,$ORIGIN/lib",
            await LinkedAsync("lib/libother.so", "libleaf.so"));

        var closure = await _built.ResolveAsTheLoaderAsync(program);

        Assert.Single(Assert.Single(closure.Processes).Libraries, library => library.Path == _built.Path("lib/libleaf.so"));
    }

    [Fact]
    public async Task Diamond_IsLoadedOnce()
    {
        await _built.BuildAsync("lib/libleaf.so", Leaf);
        await _built.BuildAsync("lib/libmiddle.so", Middle, "-Llib", "-lleaf", "-Wl,-rpath,$ORIGIN");
        await _built.BuildAsync("lib/libother.so", "int leaf(void); int other(void) { return leaf(); }", "-Llib", "-lleaf", "-Wl,-rpath,$ORIGIN");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-Wl,--no-as-needed", "-lmiddle", "-lother", "-Wl,-rpath-link,lib", "-Wl,-rpath,$ORIGIN/lib");

        var closure = await _built.ResolveAsTheLoaderAsync(program);

        Assert.Single(Assert.Single(closure.Processes).Libraries, library => library.RequestedAs == "libleaf.so");
        Assert.Equal(2, Assert.Single(closure.Files, file => file.Path == _built.Path("lib/libleaf.so")).Reasons.Length);
    }

    [Fact]
    public async Task Cycle_Ends()
    {
        await _built.BuildAsync("lib/libleaf.so", Leaf);
        await _built.BuildAsync("lib/libmiddle.so", Middle, "-Llib", "-lleaf", "-Wl,-rpath,$ORIGIN");
        await _built.BuildAsync("lib/libleaf.so", Leaf, "-Llib", "-Wl,--no-as-needed", "-lmiddle", "-Wl,-rpath,$ORIGIN");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", "-Wl,-rpath-link,lib", "-Wl,-rpath,$ORIGIN/lib");

        Assert.True((await _built.ResolveAsTheLoaderAsync(program)).IsComplete);
    }

    [Fact]
    public async Task NoDefaultLibraries_HidesTheDefaultDirectories()
    {
        var program = await _built.BuildAsync("main", "int main(void) { return 0; }", "-Wl,-z,nodefaultlib");

        var closure = await _built.ResolveAsTheLoaderAsync(program);

        Assert.Contains(closure.Findings, finding => finding.Kind is ClosureFindingKind.LibraryMissing && finding.Message.Contains("libc.so.6", StringComparison.Ordinal));
    }

    [Fact]
    public async Task MissingSymbolVersion_IsNamed_WithTheFileThatNeedsItAndTheProvider()
    {
        var (one, two) = (_built.Path("one.map"), _built.Path("two.map"));
        await File.WriteAllTextAsync(one, "V_1.0 { middle; };");
        await File.WriteAllTextAsync(two, "V_1.0 { other; }; V_2.0 { middle; } V_1.0;");
        await _built.BuildAsync("lib/libmiddle.so", "int middle(void) { return 7; } int other(void) { return 1; }", $"-Wl,--version-script={two}");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", "-Wl,-rpath,$ORIGIN/lib");
        Assert.True(_built.Resolve(program).IsComplete);

        await _built.BuildAsync("lib/libmiddle.so", "int middle(void) { return 7; }", $"-Wl,--version-script={one}");
        var finding = Assert.Single(_built.Resolve(program).Findings, finding => finding.Kind is ClosureFindingKind.SymbolVersionMissing);

        Assert.Equal(ClosureSeverity.Error, finding.Severity);
        Assert.Contains($"{program} needs version V_2.0 of libmiddle.so, which {_built.Path("lib/libmiddle.so")} does not define", finding.Message, StringComparison.Ordinal);
        Assert.Contains("V_1.0", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingSymbol_IsReported()
    {
        await _built.BuildAsync("lib/libmiddle.so", "int gone(void); int middle(void) { return gone(); }");
        var program = await _built.BuildAsync("main", Main, "-Llib", "-lmiddle", "-Wl,--allow-shlib-undefined", "-Wl,-rpath,$ORIGIN/lib");

        var finding = Assert.Single(_built.Resolve(program).Findings, finding => finding.Kind is ClosureFindingKind.SymbolMissing);

        Assert.Equal(_built.Path("lib/libmiddle.so"), finding.Path);
        Assert.EndsWith(": gone", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-static")]
    [InlineData("-static-pie")]
    public async Task StaticProgram_NeedsNothing_AndRunsAlone(string kind)
    {
        var program = await _built.BuildAsync("main", "int puts(const char *); int main(void) { puts(\"ran\"); return 0; }", kind);

        var closure = _built.Resolve(program);

        Assert.Equal([program], closure.Files.Select(file => file.Path));
        Assert.Equal("ran\n", (await _built.RunAloneAsync(closure, program)).Output);
    }

    [Fact]
    public async Task OpenedLibrary_ThatIsIncluded_BringsWhatItNeeds()
    {
        await _built.BuildAsync("plugins/libleaf.so", Leaf);
        await _built.BuildAsync("plugins/libmiddle.so", Middle, "-Lplugins", "-lleaf", "-Wl,-rpath,$ORIGIN");
        var program = await _built.BuildAsync(
            "main", "#include <dlfcn.h>\nint main(void) { void *h = dlopen(\"" + _built.Path("plugins/libmiddle.so") + "\", RTLD_NOW);"
            + "return h ? ((int (*)(void))dlsym(h, \"middle\"))() - 7 : 1; }", "-ldl");

        var closure = _built.Resolve(program, null, _built.Path("plugins/libmid*.so"));

        Assert.True(closure.IsComplete);
        Assert.Contains(closure.Files, file => file.Path == _built.Path("plugins/libleaf.so"));
        Assert.Equal(0, (await _built.RunAloneAsync(closure, program)).ExitCode);
    }

    [Fact]
    public async Task Script_BringsItsInterpreter_AndRunsAlone()
    {
        var script = _built.Path("run");
        await File.WriteAllTextAsync(script, "#!/bin/sh -e\necho ran\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var closure = _built.Resolve(script);

        Assert.True(closure.IsComplete);
        Assert.Equal("ran\n", (await _built.RunAloneAsync(closure, script)).Output);
    }

    public void Dispose() => _built.Dispose();

    // For programs that run alone: without /proc a loader does not know the program's own directory.
    private string Path(string name) => $"-Wl,-rpath,{_built.Path(name)}";

    private Task<string> LinkedAsync(string name, string target)
    {
        File.CreateSymbolicLink(_built.Path(name), target);
        return Task.FromResult("-Llib");
    }
}
