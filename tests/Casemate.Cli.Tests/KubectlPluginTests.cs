using System.Globalization;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Tests;

/// <summary>The program under the names by which kubectl finds plugins.</summary>
public sealed class KubectlPluginTests
{
    [Fact]
    public void Help_ShowsTheCommandAsItIsTyped()
    {
        var help = Run("/usr/local/bin/kubectl-casemate", "deploy", "hello", "--help").Output;

        Assert.Contains("kubectl casemate deploy hello", help, StringComparison.Ordinal);
        Assert.Contains("  kubectl casemate deploy hello --dry-run\n", help, StringComparison.Ordinal);
        Assert.DoesNotContain("  casemate deploy", help, StringComparison.Ordinal);
        Assert.DoesNotContain("kubectl casemate", Run("/usr/local/bin/casemate", "deploy", "hello", "--help").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnErrorOfUse_PointsToTheHelpOfThePlugin() =>
        Assert.Contains("Run 'kubectl casemate deploy hello --help'", Run("kubectl-casemate", "deploy", "hello", "--wrong").Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("-n a deploy hello --keep", "deploy hello --keep -n a")]
    [InlineData("--context=c --kubeconfig k deploy hello", "deploy hello --context=c --kubeconfig k")]
    [InlineData("--namespace a run -- ./app -n b", "run --namespace a -- ./app -n b")]
    [InlineData("deploy hello -n a", "deploy hello -n a")]
    [InlineData("-n", "-n")]
    [InlineData("-n a", "-n a")]
    [InlineData("", "")]
    public void OptionsOfKubectl_MayStandBeforeTheCommand(string typed, string meant)
    {
        Assert.Equal(Words(meant), KubectlPlugin.Arrange("kubectl-casemate", Words(typed)));
        Assert.Equal(Words(typed), KubectlPlugin.Arrange("casemate", Words(typed)));
    }

    [Fact]
    public void Completion_IsAsKubectlReadsIt()
    {
        Assert.Equal("hello\n:4\n", Run("/x/kubectl_complete-casemate", "deploy", "").Output);
        Assert.Equal("--evidence-out\n:4\n", Run("/x/kubectl_complete-casemate", "deploy", "hello", "--evi").Output);
        Assert.Equal(":0\n", Run("/x/kubectl_complete-casemate", "deploy", "hello", "--evidence-out", "").Output);
        Assert.Equal("hello\n", Run("/x/casemate", "__complete", "--", "deploy", "").Output);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static CommandLine Run(string invokedAs, params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var error = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var code = CasemateProgram.RunAsync(arguments, new CasemateInvocation
        {
            InvokedAs = invokedAs,
            Output = output,
            Error = error,
            OpenStandardInput = () => Stream.Null,
            Time = TimeProvider.System,
            Environment = _ => null,
        }).GetAwaiter().GetResult();
        return new CommandLine(code, output.ToString(), error.ToString());
    }
}
