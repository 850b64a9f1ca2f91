using Casemate.Node.Tests.Dra;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>Directories that cannot be written to: said at the start, and written when they can be, without a restart.</summary>
public sealed class DirectoryTests
{
    private static readonly TimeSpan Rescan = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task WritesTheCdiSpecification_AsSoonAsItCan()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        var directory = node.File("cdi");
        File.WriteAllText(directory, "a file where the directory should be");
        node.Options = node.Options with
        {
            RescanInterval = Rescan,
            DevicePlugin = node.Options.DevicePlugin with { CdiDirectory = directory },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        Assert.Contains($"the CDI specification cannot be written to {directory}: ", node.Agent.WhyNotReady, StringComparison.Ordinal);

        File.Delete(directory);

        await node.UntilReadyAsync();
        Assert.True(File.Exists(Path.Combine(directory, "casemate.dev-sgx.json")));
        Assert.Single(node.Lines(3644));
        Assert.Single(node.Lines(3627));
        Assert.Single(node.Notices, notice => notice.Reason == "CDINotWritten");
    }

    [Fact]
    public async Task WritesTheCdiSpecificationAgain_WhenSomebodyDeletedOrChangedIt()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        var path = Path.Combine(node.File("cdi"), "casemate.dev-sgx.json");
        node.Options = node.Options with
        {
            RescanInterval = Rescan,
            DevicePlugin = node.Options.DevicePlugin with { CdiDirectory = node.File("cdi") },
        };
        await node.StartAgentAsync();
        var whole = File.ReadAllText(path);

        File.Delete(path);
        await TaskPatience.UntilAsync(() => File.Exists(path));
        Assert.Equal(whole, File.ReadAllText(path));

        File.WriteAllText(path, "{");
        await TaskPatience.UntilAsync(() => File.Exists(path) && File.ReadAllText(path) == whole);
    }

    [Fact]
    public async Task SaysThatAesmDirectoriesCannotBeMade_BeforeAnyContainerNeedsOne()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        File.WriteAllText(node.AesmRoot, "a file where the directory should be");
        node.Options = node.Options with
        {
            RescanInterval = Rescan,
            DevicePlugin = node.Options.DevicePlugin with { AesmAllocations = node.AesmRoot },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        Assert.Contains($"directories for AESM sockets cannot be made in {node.AesmRoot}: ", node.Agent.WhyNotReady, StringComparison.Ordinal);
        Assert.Contains("--aesm-allocations", Assert.Single(node.Lines(3628)), StringComparison.Ordinal);
        Assert.Single(node.Notices, notice => notice.Reason == "AESMDirectoryUnusable");

        File.Delete(node.AesmRoot);

        await node.UntilReadyAsync();
        Assert.Single(node.Lines(3629));
        await TaskPatience.UntilAsync(() => !Directory.EnumerateFileSystemEntries(node.AesmRoot).Any());     // what was tried is gone again
        await node.Kubelet.AdmitAsync(new ContainerName("default", "first", "main"), (NodeFixture.Epc, 5));
    }

    [Fact]
    public async Task SaysThatAesmDirectoriesCannotBeMadeAnyMore()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2", options => options with
        {
            RescanInterval = Rescan,
            DevicePlugin = options.DevicePlugin with { AesmAllocations = Path.Combine(Path.GetDirectoryName(options.DevicePlugin.Directory)!, "aesm") },
        });

        Directory.Delete(node.AesmRoot);
        File.WriteAllText(node.AesmRoot, "");

        await TaskPatience.UntilAsync(() => node.Lines(3628).Count == 1);
        Assert.False(node.Agent.IsReady);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("pipe")]
    public async Task TheFileThatIsTried_IsMadeAnew_AndNeverWhatItsNameLeadsTo(string kind)
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.Options = node.Options with { DevicePlugin = node.Options.DevicePlugin with { AesmAllocations = node.AesmRoot } };
        Directory.CreateDirectory(node.AesmRoot);
        var precious = node.File("precious");
        File.WriteAllText(precious, "content");
        var probe = Path.Combine(node.AesmRoot, ".casemate-probe");
        if (kind == "link")
        {
            File.CreateSymbolicLink(probe, precious);
        }
        else
        {
            using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [probe]);
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await node.StartAgentAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal("content", File.ReadAllText(precious));
        Assert.Empty(Directory.EnumerateFileSystemEntries(node.AesmRoot));
        Assert.Empty(node.Lines(3628));
    }

    [Fact]
    public async Task ADirectoryThatCannotBeSwept_KeepsNoneOfTheOthers_AndIsToldOnce()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        var stuck = Path.Combine(node.AesmRoot, new string('a', 32));
        string[] others = [.. "bcdef".Select(letter => Path.Combine(node.AesmRoot, new string(letter, 32)))];
        foreach (var directory in others)
        {
            Directory.CreateDirectory(directory);
        }

        await using var disk = await FullDiskTests.SmallDisk.MountAsync(stuck);          // a mount is busy
        node.SweepSoon();
        await node.StartKubeletAsync();
        await node.StartAgentAsync();

        await TaskPatience.UntilAsync(() => !others.Any(Directory.Exists));
        var again = Directory.CreateDirectory(Path.Combine(node.AesmRoot, new string('0', 32)));

        await TaskPatience.UntilAsync(() => !Directory.Exists(again.FullName));                      // the next time
        Assert.True(Directory.Exists(stuck));
        Assert.Single(node.Lines(3633));
    }

    [Fact]
    public async Task AsksForNoDirectory_OnANodeWithNothingToGive()
    {
        await using var node = NodeFixture.Describe("no-tee");
        File.WriteAllText(node.AesmRoot, "");
        node.Options = node.Options with { DevicePlugin = node.Options.DevicePlugin with { AesmAllocations = node.AesmRoot } };

        await node.StartAgentAsync();

        Assert.True(node.Agent.IsReady);
    }
}
