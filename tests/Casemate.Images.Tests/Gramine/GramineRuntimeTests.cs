using Casemate.Images.Gramine;
using Casemate.Images.Roots;

namespace Casemate.Images.Tests.Gramine;

/// <summary>Gramine's own files, where packages and builds put them.</summary>
public sealed class GramineRuntimeTests : GramineTestBase
{
    [Fact]
    public void FindsTheFiles_AndLeavesTheDebuggersOut()
    {
        var runtime = GramineRuntime.Find(new DirectoryRoot(Runtime));

        Assert.Equal(
            ["direct/libpal.so", "direct/loader", "libsysdb.so", "runtime/glibc/ld-linux-x86-64.so.2", "runtime/glibc/libc.so.6",
                "sgx/libpal.so", "sgx/loader"],
            runtime.Files.Keys);
        Assert.True(runtime.HasDirect);
        Assert.Null(runtime.Release);
        Assert.Null(runtime.LibraryDirectory(isMusl: true));
    }

    [Theory]
    [InlineData("VERSION='1.7'\n", "1.7")]
    [InlineData("#!/bin/sh\nVERSION=1.8-1~bookworm\n", "1.8")]
    [InlineData("VERSION=1.8post~UNRELEASED\n", null)]
    [InlineData("echo 1.8\n", null)]
    public void TheLauncher_SaysTheRelease(string script, string? release)
    {
        Install();
        var bin = System.IO.Directory.CreateDirectory(Path.Combine(Directory.Path, "root/usr/bin")).FullName;
        System.IO.File.WriteAllText(Path.Combine(bin, "gramine-sgx"), script);

        Assert.Equal(release, GramineRuntime.Find(new DirectoryRoot(Path.Combine(Directory.Path, "root"))).Release);
    }

    [Fact]
    public void ThePackage_SaysTheRelease()
    {
        Install();
        var database = Path.Combine(Directory.Path, "root/var/lib/dpkg");
        System.IO.Directory.CreateDirectory(Path.Combine(database, "info"));
        System.IO.File.WriteAllText(
            Path.Combine(database, "status"), "Package: gramine\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.8-1\n\n");
        System.IO.File.WriteAllText(
            Path.Combine(database, "info/gramine.list"), "/.\n/usr\n/usr/lib/x86_64-linux-gnu/gramine/libsysdb.so\n");

        Assert.Equal("1.8", GramineRuntime.Find(new DirectoryRoot(Path.Combine(Directory.Path, "root"))).Release);
    }

    [Theory]
    [InlineData("libsysdb.so")]
    [InlineData("sgx/loader")]
    [InlineData("sgx/libpal.so")]
    public void Refuses_AnInstallationWithoutAFileThatIsNeeded(string name)
    {
        System.IO.File.Delete(Path.Combine(Runtime, name));

        var refused = Assert.Throws<EnclaveImageException>(() => GramineRuntime.Find(new DirectoryRoot(Runtime)));
        Assert.Equal(EnclaveImageError.RuntimeIncomplete, refused.Error);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    private void Install()
    {
        var place = Path.Combine(Directory.Path, "root/usr/lib/x86_64-linux-gnu");
        System.IO.Directory.CreateDirectory(place);
        System.IO.Directory.Move(Runtime, Path.Combine(place, "gramine"));
    }
}
