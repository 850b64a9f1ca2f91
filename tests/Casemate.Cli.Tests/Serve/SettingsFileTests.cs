using System.Text.Json;
using Casemate.Cli.Serve;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Serve;

/// <summary>The settings' file of services: what it may hold, what is refused, and what goes before it.</summary>
public sealed class SettingsFileTests
{
    private static readonly Setting s_word = new("--node-name", "NAME", "A word.");
    private static readonly Setting s_list = new("--taint", "family|aks-engine", "Words.", Many: true);
    private static readonly Setting s_switch = new("--dra", null, "A switch.");

    public static TheoryData<string> Services => ["serve", "collateral serve", "quote-helper", "node"];

    [Fact]
    public void Has_Words_Numbers_Lists_AndSwitches()
    {
        var file = Parse("# what this node offers\nnode-name: n-1\ntaint: [family, 'aks-engine']\ndra: true\n");

        Assert.Equal("n-1", file.Text(s_word));
        Assert.Equal(["family", "aks-engine"], file.Values(s_list));
        Assert.True(file.IsOn(s_switch));
    }

    [Fact]
    public void TakesOneWord_WhereAListMayStand() => Assert.Equal(["family"], Parse("taint: family\n").Values(s_list));

    [Fact]
    public void TakesNumbers_AsTheyAreWritten() => Assert.Equal("0016", Parse("node-name: 0016\n").Text(s_word));

    [Fact]
    public void TakesAWord_ThatYamlTakesForATruth_InQuotes() => Assert.Equal("true", Parse("node-name: \"true\"\n").Text(s_word));

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a remark\n")]
    [InlineData("---\n")]
    [InlineData("---\n# nothing\n...\n")]
    public void WithoutContent_SetsNothing(string yaml)
    {
        var file = Parse(yaml);

        Assert.Null(file.Text(s_word));
        Assert.Empty(file.Values(s_list));
        Assert.Null(file.IsOn(s_switch));
    }

    [Theory]
    [InlineData("node-nam: x\n", "f.yaml:1: there is no setting 'node-nam'", "Did you mean 'node-name'?")]
    [InlineData("\nquux: x\n", "f.yaml:2: there is no setting 'quux'", "'--help' lists the settings")]
    [InlineData("--node-name: x\n", "f.yaml:1: there is no setting '--node-name'", "Did you mean 'node-name'?")]
    [InlineData("config: other.yaml\n", "f.yaml:1: there is no setting 'config'", "")]
    [InlineData("\"a\\eb\": x\n", "f.yaml:1: there is no setting 'a b'", "")]
    [InlineData("dra: true\nnode-name: x\ndra: false\n", "f.yaml:3: 'dra' is there twice, first in line 1", "Keep one of the two.")]
    [InlineData("dra: yes\n", "f.yaml:1: 'dra' does not take this kind of value", "write true or false")]
    [InlineData("dra: 'true'\n", "f.yaml:1: 'dra' does not take this kind of value", "write true or false")]
    [InlineData("dra: 1\n", "f.yaml:1: 'dra' does not take this kind of value", "write true or false")]
    [InlineData("dra: [true]\n", "f.yaml:1: 'dra' does not take this kind of value", "write true or false")]
    [InlineData("node-name: true\n", "f.yaml:1: 'node-name' does not take this kind of value", "Write NAME")]
    [InlineData("node-name: [a]\n", "f.yaml:1: 'node-name' does not take this kind of value", "Write NAME")]
    [InlineData("node-name: {a: b}\n", "f.yaml:1: 'node-name' does not take this kind of value", "Write NAME")]
    [InlineData("taint:\n- family\n- {a: b}\n", "f.yaml:3: 'taint' does not take this kind of value", "or a list of that")]
    [InlineData("taint:\n- - family\n", "f.yaml:2: 'taint' does not take this kind of value", "or a list of that")]
    [InlineData("taint: []\n", "f.yaml:1: 'taint' is an empty list", "Leave it out")]
    [InlineData("node-name:\n", "f.yaml:1: 'node-name' has no value", "Leave it out")]
    [InlineData("node-name: ''\n", "f.yaml:1: 'node-name' has no value", "Leave it out")]
    [InlineData("node-name: ~\n", "f.yaml:1: 'node-name' has no value", "Leave it out")]
    [InlineData("node-name: null\n", "f.yaml:1: 'node-name' has no value", "Leave it out")]
    [InlineData("taint:\n- family\n- ''\n", "f.yaml:3: 'taint' has no value", "Leave it out")]
    [InlineData("node-name: &a x\n", "f.yaml:1: an anchor (&name) is not accepted", "Write the value out.")]
    [InlineData("node-name: *a\n", "f.yaml:1: an alias (*name) is not accepted", "Write the value out.")]
    [InlineData("node-name: !!str x\n", "f.yaml:1: a tag (!name) is not accepted", "Write the value out.")]
    [InlineData("<<: {dra: true}\n", "f.yaml:1: there is no setting '<<'", "")]
    [InlineData("[a]: b\n", "f.yaml:1: a key is expected", "a key is a flag without '--'")]
    [InlineData("- dra\n", "f.yaml:1: not a mapping of settings", "Write one 'key: value' a line.")]
    [InlineData("dra\n", "f.yaml:1: not a mapping of settings", "Write one 'key: value' a line.")]
    [InlineData("dra: true\n---\ndra: true\n", "f.yaml:2: a second document begins here", "A settings file has one.")]
    [InlineData("dra: true\n\tnode-name: x\n", "f.yaml:2: not YAML", "Write one 'key: value' a line.")]
    [InlineData("node-name: \"x\n", "f.yaml:", "Write one 'key: value' a line.")]
    [InlineData("dra: true\n\0node-name: x\n", "f.yaml:2: not YAML: a NUL character", "Save the file as UTF-8 text.")]
    public void Refuses_WhatIsNoSetting_WithItsLineAndWhatToWrite(string yaml, string message, string remedy)
    {
        var refusal = Assert.Throws<CliException>(() => Parse(yaml));

        Assert.Equal(ExitCode.BadInput, refusal.ExitCode);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, refusal.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void WithAnyContent_IsReadOrRefused_AndNothingElse()
    {
        const string alphabet = "aderknot-:,[]{}&*!|>'\"#%@`?~ \n\n\t0";
        var random = new Random(20261121);
        for (var i = 0; i < 20_000; i++)
        {
            var text = "dra: true\nnode-name: n\ntaint: [family]\n".ToCharArray();
            for (var change = random.Next(6); change >= 0; change--)
            {
                text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];
            }

            try
            {
                Assert.All(Parse(new string(text)).Values(s_list), value => Assert.NotEqual("", value));
            }
            catch (CliException refusal)
            {
                Assert.Equal(ExitCode.BadInput, refusal.ExitCode);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void IsReadByEveryService_BeforeAnythingStarts(string service)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("c.yaml"), "no-such-setting: 1\n");
        var run = CommandLine.Run([.. service.Split(' '), "--config", directory.File("c.yaml")]);

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"casemate: {directory.File("c.yaml")}:1: there is no setting 'no-such-setting'", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void TakesEverySettingOfAService_InTheFormOfItsKind(string service)
    {
        var settings = ServiceSettingsTests.SettingsOf(service);
        var yaml = string.Concat(settings.Where(setting => setting != SettingsFile.Named).Select(setting =>
            $"{SettingsFile.KeyOf(setting)}: {(setting.ValueName is null ? "true" : setting.Many ? "[a, b]" : "'a'")}\n"));
        var file = SettingsFile.Parse("all.yaml", yaml, settings);

        Assert.All(settings.Where(setting => setting.ValueName is null), setting => Assert.True(file.IsOn(setting)));
        Assert.All(settings.Where(setting => setting.Many), setting => Assert.Equal(["a", "b"], file.Values(setting)));
    }

    [Fact]
    public void IsNamedByItsVariable_AsWell()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("c.yaml"), "simulate: dc8_v2\n");

        Assert.Equal("dc8_v2", Machine(Describe(("CASEMATE_CONFIG", directory.File("c.yaml")))));
    }

    [Fact]
    public void ComesAfterFlagsAndVariables()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("c.yaml");
        File.WriteAllText(path, "simulate: dc2s_v2\ndra: true\ntaint: [aks-engine]\nno-labels: true\n");

        Assert.Equal("dc2s_v2", Machine(Describe(("CASEMATE_CONFIG", path))));
        Assert.Equal("dc8_v2", Machine(Describe(("CASEMATE_CONFIG", path), ("CASEMATE_SIMULATE", "dc8_v2"))));
        Assert.Equal(
            "dc4s_v2",
            Machine(CommandLine.RunWith(
                new Dictionary<string, string> { ["CASEMATE_CONFIG"] = path, ["CASEMATE_SIMULATE"] = "dc8_v2" }, [], false,
                "node", "describe", "-o", "json", "--simulate", "dc4s_v2").Output));
    }

    [Fact]
    public void TurnsASwitchOn_ThatVariableAndFlagTurnOff()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("c.yaml");
        File.WriteAllText(path, "simulate: dc8_v2\ndra: true\n");

        Assert.Equal("Dra", FrontEnd(Describe(("CASEMATE_CONFIG", path))));
        Assert.Equal("OneDevicePerMib", FrontEnd(Describe(("CASEMATE_CONFIG", path), ("CASEMATE_DRA", "0"))));
        Assert.Equal(
            "OneDevicePerMib",
            FrontEnd(CommandLine.Run("node", "describe", "-o", "json", "--config", path, "--dra", "false").Output));
    }

    [Fact]
    public void MayHoldSettingsOfTheAgent_ThatDescribeDoesNotNeed()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("c.yaml"), "simulate: dc8_v2\nhttp: off\nrescan-seconds: 30\n");

        Assert.Equal("dc8_v2", Machine(Describe(("CASEMATE_CONFIG", directory.File("c.yaml")))));
    }

    [Fact]
    public void ThatIsNotThere_OrTooLong_OrNoText_IsBadInput()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("long.yaml"), new string('#', SettingsFile.MaximumBytes + 1));
        File.WriteAllBytes(directory.File("latin.yaml"), [.. "node-name: "u8, 0xE9]);

        Assert.Contains("the settings cannot be read", Refused(directory.File("none.yaml")), StringComparison.Ordinal);
        Assert.Contains("longer than 64 KiB", Refused(directory.File("long.yaml")), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Refused(directory.File("latin.yaml")), StringComparison.Ordinal);
    }

    private static string Refused(string path)
    {
        var run = CommandLine.Run("node", "describe", "--config", path);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        return run.Error;
    }

    private static SettingsFile Parse(string yaml) => SettingsFile.Parse("f.yaml", yaml, [s_word, s_list, s_switch, SettingsFile.Named]);

    private static string Describe(params (string Name, string Value)[] environment) => CommandLine.RunWith(
        environment.ToDictionary(one => one.Name, one => one.Value), [], false, "node", "describe", "-o", "json").Output;

    private static string Machine(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("machine").GetString()!;
    }

    private static string FrontEnd(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("plan").GetProperty("frontEnd").GetString()!;
    }
}
