using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Casemate.Node.Tests.DevicePlugin;

namespace Casemate.Node.Tests.Dra;

/// <summary>A file system that is really full: what cannot be written is refused in one sentence, and leaves nothing.</summary>
public sealed class FullDiskTests
{
    [Theory]
    [InlineData("cdi")]
    [InlineData("plugins")]
    [InlineData("aesm")]
    public async Task AClaim_IsRefusedWhole_AndMadeReadyWhenThereIsRoom(string full)
    {
        await using var node = await DraFixture.StartAsync();
        await using var disk = await SmallDisk.MountAsync(node.File(full));
        node.Plugin = node.Plugin with { AesmAllocations = node.File("aesm") };
        Directory.CreateDirectory(node.File("aesm"));
        var driver = node.NewProcess();
        var claim = node.Allocate("a", "1Gi");
        disk.Fill();

        var answer = await DraFixture.PrepareAsync(driver, claim);

        Assert.StartsWith("The claim's files cannot be written: ", answer.Error, StringComparison.Ordinal);
        Assert.Contains("No space left on device", answer.Error, StringComparison.Ordinal);
        Assert.Empty(answer.Devices);
        Assert.DoesNotContain(node.Files(), name => !disk.IsOwn(name));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(node.File("aesm")), path => !disk.IsOwn(path));
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);

        disk.Empty();
        Assert.Equal("", (await DraFixture.PrepareAsync(driver, claim)).Error);
        Assert.Equal(2, node.Files().Count);
    }

    [Fact]
    public async Task AClaimThatIsReady_IsAnsweredForAndReleased()
    {
        await using var node = await DraFixture.StartAsync();
        await using var disk = await SmallDisk.MountAsync(node.File("plugins"));
        var driver = node.NewProcess();
        var claim = node.Allocate("a", "1Gi");
        var first = await DraFixture.PrepareAsync(driver, claim);
        Assert.Equal("", first.Error);
        disk.Fill();

        Assert.Equal(first, await DraFixture.PrepareAsync(driver, claim));
        Assert.Equal(first, await DraFixture.PrepareAsync(node.NewProcess(), claim));
        Assert.Equal("", await DraFixture.UnprepareAsync(node.NewProcess(), claim));
        Assert.DoesNotContain(node.Files(), name => !disk.IsOwn(name));
        Assert.Equal(0, node.Ledger.Usage().UsedBytes);
    }

    [Fact]
    public async Task AnAllocation_WithoutRoomForItsDirectory_IsRefused_AndGivesItsDevicesBack()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        await using var disk = await SmallDisk.MountAsync(node.AesmRoot);
        node.Options = node.Options with { DevicePlugin = node.Options.DevicePlugin with { AesmAllocations = node.AesmRoot } };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        disk.Fill();
        var container = new ContainerName("default", "first", "main");

        var refused = await Assert.ThrowsAsync<AdmissionException>(() => node.Kubelet.AdmitAsync(container, (NodeFixture.Epc, 5)));

        Assert.Contains("for the AESM socket cannot be made: No space left on device", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, node.Agent.State.Usage.UsedBytes);

        disk.Empty();
        await node.Kubelet.AdmitAsync(container, (NodeFixture.Epc, 5));
        Assert.Equal(5L << 20, node.Agent.State.Usage.UsedBytes);
    }

    [Fact]
    public async Task DevicesByCdi_AreToldOf_WhenTheSpecificationCannotBeWritten()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        await using var disk = await SmallDisk.MountAsync(node.File("cdi"));
        disk.Fill();
        node.Options = node.Options with { DevicePlugin = node.Options.DevicePlugin with { CdiDirectory = node.File("cdi") } };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();

        var notice = Assert.Single(node.Notices, notice => notice.Reason == "CDINotWritten");
        Assert.Contains("No space left on device", notice.Message, StringComparison.Ordinal);
        Assert.True(notice.Warning);
        Assert.DoesNotContain(Directory.EnumerateFiles(node.File("cdi")), path => !disk.IsOwn(path));
        Assert.Contains("the CDI specification cannot be written to", node.Agent.WhyNotReady, StringComparison.Ordinal);
    }

    /// <summary>A file system of some pages in a directory. Takes the right to mount; elsewhere the test says that it did not run.</summary>
    internal sealed class SmallDisk : IAsyncDisposable
    {
        private const string Filler = "filler";
        private readonly string _path;

        private SmallDisk(string path) => _path = path;

        public static async Task<SmallDisk> MountAsync(string path)
        {
            Directory.CreateDirectory(path);
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "a file system of its own can be mounted by root alone");
            var mount = await ChildProgram.RunAsync("mount", ["-t", "tmpfs", "-o", "size=64k,nr_inodes=64", "casemate-test", path]);
            Assert.SkipUnless(mount.ExitCode == 0, $"no file system can be mounted here: {mount.Error.Trim()}");
            return new SmallDisk(path);
        }

        public bool IsOwn(string path) => Path.GetFileName(path).StartsWith(Filler, StringComparison.Ordinal);

        /// <summary>Takes every page, and then every name.</summary>
        public void Fill()
        {
            try
            {
                using var file = File.Create(Path.Combine(_path, Filler), bufferSize: 0);
                while (true)
                {
                    file.Write(new byte[4096]);
                }
            }
            catch (IOException)
            {
                // Full.
            }

            try
            {
                for (var i = 0; ; i++)
                {
                    File.Create(Path.Combine(_path, $"{Filler}-{i}")).Dispose();
                }
            }
            catch (IOException)
            {
                // No name is left either.
            }
        }

        public void Empty()
        {
            foreach (var file in Directory.EnumerateFiles(_path, Filler + "*").ToList())
            {
                File.Delete(file);
            }
        }

        public async ValueTask DisposeAsync()
        {
            var unmount = await ChildProgram.RunAsync("umount", ["--lazy", _path]);
            Assert.Equal(("", 0), (unmount.Error, unmount.ExitCode));
        }
    }
}
