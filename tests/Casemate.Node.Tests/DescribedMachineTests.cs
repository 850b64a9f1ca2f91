using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Node.Advertisement;
using Casemate.Node.Description;
using Casemate.Node.Discovery;
using Casemate.Node.Machines;
using Casemate.Testing;

namespace Casemate.Node.Tests;

/// <summary>
/// Every described machine has its description written down, for people and as JSON. After a deliberate change: run with
/// CASEMATE_ACCEPT_GOLDEN=1, read the difference, commit it.
/// </summary>
public sealed class DescribedMachineTests
{
    private static readonly JsonWriterOptions Indented =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. DescribedMachine.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Description_ForPeople_IsTheAcceptedOne(string name)
    {
        var text = string.Join('\n', Describe(name).ToLines()) + "\n";

        Assert.Equal(Golden(name + ".txt", text), text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Description_AsJson_IsTheAcceptedOne(string name)
    {
        var json = Json(Describe(name));

        Assert.Equal(Golden(name + ".json", json), json);
    }

    [Fact]
    public void EveryGoldenFile_IsOfAMachine() =>
        Assert.Equal(
            DescribedMachine.Names.Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(GoldenDirectory).Select(file => Path.GetFileNameWithoutExtension(file))
                .Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryMachine_SaysThatItIsSimulated(string name)
    {
        var description = Describe(name);

        Assert.True(description.Hardware.Simulated);
        Assert.True(description.Plan.Simulated);
        Assert.Contains(new PlannedLabel("casemate.dev/simulated", "true"), description.Plan.Labels);
        Assert.Contains("SIMULATED", description.ToLines()[0], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryMachine_IsTheSame_ReadFromItsDirectory(string name)
    {
        var directory = Path.Combine(RepositoryPaths.Root, "src", "Casemate.Node", "Machines", "Described", name);

        Assert.Equal(Json(Describe(name)), Json(Describe(directory)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TwoScans_AreEqual(string name) =>
        Assert.Equal(new HardwareScanner(Load(name).Sources).Scan(), new HardwareScanner(Load(name).Sources).Scan());

    [Theory]
    [InlineData("dc2s_v2", 56L << 20)]
    [InlineData("dc4s_v2", 112L << 20)]
    [InlineData("dc8_v2", 168L << 20)]
    [InlineData("dc1s_v3", 4L << 30)]
    [InlineData("dc2s_v3", 8L << 30)]
    [InlineData("dc8s_v3", 32L << 30)]
    [InlineData("dc48s_v3", 256L << 30)]
    [InlineData("xeon-2x256gib", 512L << 30)]
    [InlineData("xeon-1tib", 1L << 40)]
    public void Azures_And_BigMachines_HaveTheirDocumentedEpc(string name, long bytes) =>
        Assert.Equal(bytes, new HardwareScanner(Load(name).Sources).Scan().Sgx!.EpcBytes);

    [Theory]
    [InlineData("broken-directory")]
    [InlineData("broken-driver-off")]
    [InlineData("broken-enclave-missing")]
    [InlineData("broken-epc-zero")]
    [InlineData("broken-vepc-link")]
    public void BrokenMachines_OfferNothing_AndSayWhyAsAnError(string name)
    {
        var description = Describe(name);

        Assert.Equal(EpcFrontEnd.None, description.Plan.FrontEnd);
        Assert.Empty(description.Plan.Resources);
        Assert.Contains(description.Hardware.Findings, finding => finding.Severity is FindingSeverity.Error);
    }

    [Theory]
    [InlineData("DC8S_V3")]
    [InlineData("Standard_DC8s_v3")]
    public void Names_MayBeWrittenAsAzureWritesThem(string name) => Assert.Equal("dc8s_v3", Load(name).Name);

    [Theory]
    [InlineData("no-such-machine", "no machine is named 'no-such-machine'")]
    [InlineData("", "no machine is named ''")]
    [InlineData("dc8s_v3/../dc8s_v3x", "dc8s_v3/../dc8s_v3x: no such directory")]
    public void AnUnknownMachine_IsRefused(string name, string expected)
    {
        Assert.False(DescribedMachine.TryLoad(name, out var machine, out var error));
        Assert.Null(machine);
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("cpuid.txt", "0x7 0x0: eax=1\n",
        "machine 'm': cpuid.txt, line 1: not of the form '0xLEAF 0xSUB: eax=0x… ebx=0x… ecx=0x… edx=0x…'")]
    [InlineData("dev.txt", "\nchar sgx_enclave 10 125 0666 0\n",
        "machine 'm': dev.txt, line 2: not 'char /dev/NAME MAJOR MINOR MODE GROUP', 'link /dev/NAME TARGET' or 'dir /dev/NAME'")]
    [InlineData("dev.txt", "dir /dev/a\ndir /dev/a\n",
        "machine 'm': dev.txt, line 2: '/dev/a' was there before, or there are more than 10000 entries")]
    public void AMalformedDescription_IsRefused_WithItsLine(string file, string content, string expected)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.File("m"));
        File.WriteAllText(directory.File("m/" + file), content);

        Assert.False(DescribedMachine.TryLoad(directory.File("m"), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void ADirectoryThatDescribesNothing_IsRefused_AndNotTakenForAMachineWithoutHardware()
    {
        using var directory = new TemporaryDirectory();

        Assert.False(DescribedMachine.TryLoad(directory.Path + "/", out _, out var error));
        Assert.Equal($"{directory.Path}/: describes no machine, none of machine.txt, cpuid.txt, dev.txt, sys, proc, boot is in it", error);
    }

    [Fact]
    public void ADescription_LongerThanItsLimit_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("machine.txt"), new string('x', 2000));

        Assert.False(DescribedMachine.TryLoad(directory.Path + "/", out _, out var error));
        Assert.EndsWith("machine.txt is longer than 1024 bytes", error, StringComparison.Ordinal);
    }

    private static string GoldenDirectory => Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Node.Tests", "Golden");

    private static string Golden(string name, string actual)
    {
        var file = Path.Combine(GoldenDirectory, name);
        if (Environment.GetEnvironmentVariable("CASEMATE_ACCEPT_GOLDEN") == "1")
        {
            File.WriteAllText(file, actual);
        }

        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    private static DescribedMachine Load(string name)
    {
        Assert.True(DescribedMachine.TryLoad(name, out var machine, out var error), error);
        return machine!;
    }

    private static NodeDescription Describe(string name)
    {
        var machine = Load(name);
        var hardware = new HardwareScanner(machine.Sources).Scan();
        return new NodeDescription(machine.Title, hardware, AdvertisementPlan.Make(hardware, AdvertisementSettings.Default));
    }

    private static string Json(NodeDescription description)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartObject();
            description.WriteMembers(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }
}
