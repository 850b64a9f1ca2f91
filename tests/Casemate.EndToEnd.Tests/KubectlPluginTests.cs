using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The program as kubectl finds and runs it.</summary>
public sealed class KubectlPluginTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KubectlRunsIt_ByItsName()
    {
        var environment = await InstallAsync();

        var version = await ChildProgram.RunAsync("kubectl", ["casemate", "version"], environment: environment);
        Assert.True(version.ExitCode == 0, version.Error);
        Assert.StartsWith("casemate ", version.Output, StringComparison.Ordinal);

        var help = await ChildProgram.RunAsync("kubectl", ["casemate", "deploy", "hello", "--help"], environment: environment);
        Assert.Contains("kubectl casemate deploy hello", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KubectlCompletesIt()
    {
        var environment = await InstallAsync();

        var completed = await ChildProgram.RunAsync("kubectl", ["__complete", "casemate", "deploy", ""], environment: environment);

        Assert.Contains("hello\n", completed.Output, StringComparison.Ordinal);
    }

    // As after 'ln -s', but for the program of a build, which is started by another one.
    private async Task<Dictionary<string, string?>> InstallAsync()
    {
        var path = Environment.GetEnvironmentVariable("PATH")!;
        Assert.SkipWhen(ChildProgram.Find("kubectl") is null, "there is no kubectl on PATH");
        var (program, arguments) = ChildProgram.Casemate;
        foreach (var name in (string[])["kubectl-casemate", "kubectl_complete-casemate"])
        {
            var file = _directory.File(name);
            await File.WriteAllTextAsync(
                file, $"#!/bin/bash\nexec -a \"$0\" {string.Join(' ', arguments.Prepend(program).Select(word => $"'{word}'"))} \"$@\"\n",
                TestContext.Current.CancellationToken);
            await ChildProgram.RunAsync("chmod", ["+x", file]);
        }

        return new Dictionary<string, string?> { ["PATH"] = $"{_directory.Path}:{path}", ["KUBECONFIG"] = _directory.File("none") };
    }
}
