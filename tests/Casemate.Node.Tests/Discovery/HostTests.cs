using Casemate.Node.Discovery;
using Casemate.Testing;

namespace Casemate.Node.Tests.Discovery;

/// <summary>The real system below the interfaces: this machine, and directories in place of its trees.</summary>
public sealed class HostTests
{
    [Fact]
    public void ARealDevice_IsLookedAt()
    {
        var entry = new HostDeviceDirectory(NodeRoots.Default).Look("/dev/null");

        Assert.Equal((DeviceEntryType.Character, 1u, 3u), (entry!.Type, entry.Major, entry.Minor));
        Assert.Equal(0b110_110_110, entry.Mode & 0b111_111_111);
    }

    [Fact]
    public void EntriesOfOtherKinds_AreTold()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("dev/sgx"));
        File.WriteAllText(root.File("dev/file"), "");
        File.CreateSymbolicLink(root.File("dev/link"), "sgx/enclave");
        var devices = new HostDeviceDirectory(NodeRoots.Under(root.Path));

        Assert.Equal(DeviceEntryType.Directory, devices.Look("/dev/sgx")!.Type);
        Assert.Equal(DeviceEntryType.File, devices.Look("/dev/file")!.Type);
        Assert.Equal("sgx/enclave", devices.Look("/dev/link")!.LinkTarget);
        Assert.Null(devices.Look("/dev/none"));
    }

    [Fact]
    public void AScan_OfAnEmptyRoot_FindsWhatTheProcessorHas_AndNothingElse()
    {
        using var root = new TemporaryDirectory();

        var hardware = new HardwareScanner(NodeSources.OfHost(NodeRoots.Under(root.Path))).Scan();

        Assert.False(hardware.Simulated);
        Assert.Equal((null, null), (hardware.SnpHost, hardware.TdxHost));
        Assert.False(hardware.Sgx?.Usable ?? false);
    }

    [Fact]
    public void AScan_OfThisMachine_Ends_AndIsRepeatable()
    {
        var scanner = new HardwareScanner(NodeSources.OfHost(NodeRoots.Default));

        Assert.Equal(scanner.Scan(), scanner.Scan());
    }

    [Fact]
    public void AFile_IsReadUpToTheLimit()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("sys"));
        File.WriteAllText(root.File("sys/a"), "12345");
        var files = new HostSystemFiles(NodeRoots.Under(root.Path));

        Assert.Equal((5, false), Length(files.Read("/sys/a", 5)));
        Assert.Equal((4, true), Length(files.Read("/sys/a", 4)));
        Assert.Equal(SystemFileState.Absent, files.Read("/sys/b", 4).State);
        Assert.Equal(SystemFileState.Absent, files.Read("/sys/a/b", 4).State);
    }

    [Fact]
    public void ADirectoryInPlaceOfAFile_IsUnreadable_NotAFault()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("sys/a"));

        var file = new HostSystemFiles(NodeRoots.Under(root.Path)).Read("/sys/a", 10);

        Assert.Equal((SystemFileState.Unreadable, "it is a directory"), (file.State, file.Problem));
    }

    [Fact]
    public async Task APipe_OrALinkToADevice_IsUnreadable_AndNobodyWaitsForIt()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("sys"));
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [root.File("sys/pipe")]))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        File.CreateSymbolicLink(root.File("sys/zero"), "/dev/zero");
        var files = new HostSystemFiles(NodeRoots.Under(root.Path));

        foreach (var path in (string[])["/sys/pipe", "/sys/zero"])
        {
            var file = await Task.Run(() => files.Read(path, 10)).WaitAsync(TimeSpan.FromSeconds(30));

            Assert.Equal((SystemFileState.Unreadable, "it is a pipe, a device or a socket"), (file.State, file.Problem));
        }
    }

    [Fact]
    public void Names_AreInOrder_AndNoneWhereNothingIs()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("sys/node10"));
        Directory.CreateDirectory(root.File("sys/node2"));
        var files = new HostSystemFiles(NodeRoots.Under(root.Path));

        Assert.Equal(["node10", "node2"], files.List("/sys"));
        Assert.Empty(files.List("/proc"));
    }

    [Fact]
    public void APathOutsideOfTheTrees_IsAMistakeOfOurs() =>
        Assert.Throws<ArgumentException>(() => new HostSystemFiles(NodeRoots.Default).Read("/etc/passwd", 10));

    private static (int, bool) Length(SystemFile file) => (file.Content.Length, file.Cut);
}
