using Casemate.KataPolicy.Images;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>What a container runs: the pod's command, or else the image's.</summary>
public sealed class ProcessOfContainerTests
{
    [Fact]
    public void IsTheImagesEntrypointAndCommand_WhenThePodSaysNothing() =>
        Assert.Equal(["/app", "serve"], Given.Container().Oci.Process.Args);

    [Fact]
    public void KeepsTheEntrypoint_WhenThePodGivesArguments() =>
        Assert.Equal(["/app", "check"], Given.Container("args: [check]").Oci.Process.Args);

    [Fact]
    public void ForgetsTheImagesCommand_WhenThePodGivesACommand() =>
        Assert.Equal(["/bin/tool"], Given.Container("command: [/bin/tool]").Oci.Process.Args);

    [Fact]
    public void JoinsCommandAndArguments() =>
        Assert.Equal(["/bin/tool", "-v"], Given.Container("command: [/bin/tool]\nargs: [-v]").Oci.Process.Args);

    [Fact]
    public void CountsAnEmptyCommandAsNone() =>
        Assert.Equal(["/app", "serve"], Given.Container("command: []\nargs: []").Oci.Process.Args);

    [Fact]
    public void DoublesDollarSigns_ThatAreNoPlaceholders() =>
        Assert.Equal(
            ["sh", "-c", "echo $$HOME $$(date) $$(node-name)"],
            Given.Container("command: [sh, -c, 'echo $HOME $(date) $(node-name)']").Oci.Process.Args);

    [Fact]
    public void ExpandsVariablesOfThePod_AndNotThoseOfTheImage() =>
        Assert.Equal(
            ["run", "--port=80", "$$(PATH)", "$$(PORT)"],
            Given.Container("command: [run, --port=$(PORT), $(PATH), $$(PORT)]\nenv:\n- {name: PORT, value: '80'}").Oci.Process.Args);

    [Fact]
    public void LeavesPlaceholdersOpen_InExpandedArguments() =>
        Assert.Equal(
            ["run", "--ip=$(pod-ip)"],
            Given.Container(
                "command: [run, --ip=$(IP)]\nenv:\n- name: IP\n  valueFrom: {fieldRef: {fieldPath: status.podIP}}").Oci.Process.Args);

    [Fact]
    public void IsRefused_WhenNobodySaysWhatToRun() =>
        Assert.Contains("what to run", Given.Error(start: new ImageStart()).Message, StringComparison.Ordinal);

    [Fact]
    public void IsRefused_WhenAnArgumentNeedsAServicesAddress()
    {
        var error = Given.Error("args: [--db=$(DB_SERVICE_HOST)]");

        Assert.Equal("spec.containers[0].args[0]", error.Path);
        Assert.Contains("only the cluster knows", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", "/")]
    [InlineData("", "/srv", "/srv")]
    [InlineData("workingDir: /work", "/srv", "/work")]
    public void StartsInThePodsDirectory_ThenTheImages_ThenTheRoot(string lines, string image, string expected) =>
        Assert.Equal(expected, Given.Container(lines, Given.Start with { WorkingDir = image }).Oci.Process.Cwd);

    [Fact]
    public void HasATerminal_WhenThePodAsksForOne()
    {
        var process = Given.Container("tty: true").Oci.Process;

        Assert.True(process.Terminal);
        Assert.Contains("TERM=xterm", process.Env);
    }

    [Fact]
    public void LeavesTheImagesTerminalType()
    {
        var process = Given.Container("tty: true", Given.Start with { Env = ["TERM=vt100"] }).Oci.Process;

        Assert.Contains("TERM=vt100", process.Env);
        Assert.DoesNotContain("TERM=xterm", process.Env);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("securityContext: {allowPrivilegeEscalation: true}", false)]
    [InlineData("securityContext: {allowPrivilegeEscalation: false}", true)]
    public void CannotGainPrivileges_OnlyWhenThePodForbidsIt(string lines, bool expected) =>
        Assert.Equal(expected, Given.Container(lines).Oci.Process.NoNewPrivileges);

    [Fact]
    public void AllowsTheCommandsOfProbesAndHooks_EachOnce()
    {
        var commands = Given.Container("""
            env:
            - {name: PORT, value: '80'}
            livenessProbe: {exec: {command: [check, $(PORT)]}}
            readinessProbe: {exec: {command: [check, $(PORT)]}}
            lifecycle: {preStop: {exec: {command: [stop, $(PORT)]}}}
            """).ExecCommands;

        Assert.Equal([["check", "80"], ["stop", "$$(PORT)"]], commands.OrderBy(command => command[0]));
    }
}
