using System.Runtime.InteropServices;
using Casemate.Cli.Rego;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Rego;

/// <summary>Which files a folder of Rego stands for, and what is said of those that cannot be read.</summary>
public sealed class RegoFilesTests : IDisposable
{
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const string Allow = "package a\n\nallow := true\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void LeavesOut_WhatLiesInHiddenFolders_AndBehindLinks()
    {
        // As the kubelet mounts a ConfigMap: the files again below a dated folder, a link to it, and a link for each file.
        Write("rules/..2026_01_01/a.rego", Allow);
        Write("rules/.git/b.rego", "not Rego");
        Write("rules/sub/c.rego", "package c\n");
        Write("elsewhere/d.rego", "package d\n");
        _ = Directory.CreateSymbolicLink(In("rules/..data"), "..2026_01_01");
        _ = Directory.CreateSymbolicLink(In("rules/linked"), "../elsewhere");
        _ = File.CreateSymbolicLink(In("rules/a.rego"), "..data/a.rego");

        Assert.Equal([In("rules/a.rego"), In("rules/sub/c.rego")], RegoFiles.FilesOf(In("rules")));
        Assert.Equal([Allow, "package c\n"], RegoFiles.Read("-d", [In("rules")]).Modules.Select(module => module.Text));
    }

    [Theory]
    [InlineData("missing.rego")]
    [InlineData("missing.json")]
    [InlineData("missing")]
    [InlineData("no/folder/missing.rego")]
    public void NamesAFile_ThatIsNotThere(string name)
    {
        var run = CommandLine.Run("rego", "eval", "data.a.allow", "-d", In(name));

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains($"--data: '{In(name)}' cannot be read: no such file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderThatMayNotBeRead_IsAnError_AndNotAnEmptyOne()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Permissions are those of Linux here.");
            return;
        }

        Write("rules/a.rego", Allow);
        Write("rules/shut/deny.rego", "package a\n\ndeny := true\n");
        File.SetUnixFileMode(In("rules/shut"), UnixFileMode.None);
        using var open = new Reopened(In("rules/shut"));
        var isRoot = Environment.IsPrivilegedProcess;
        if (isRoot)
        {
            // Root may read everything, so this thread reads as nobody does: that needs a way into the directory first.
            File.SetUnixFileMode(_directory.Path, Everybody);
            File.SetUnixFileMode(In("rules"), Everybody);
        }

        Exception? failure;
        const int nobody = 65534;
        _ = isRoot ? SetFileSystemUser(nobody) : 0;
        try
        {
            // Asked for a user that cannot be, the call changes nothing and says who it is.
            Assert.SkipUnless(!isRoot || SetFileSystemUser(-1) == nobody, "this user may not act for another, and may read every folder");
            failure = Record.Exception(() => RegoFiles.FilesOf(In("rules")).ToList());
        }
        finally
        {
            _ = isRoot ? SetFileSystemUser(0) : 0;
        }

        Assert.Contains(In("rules/shut"), Assert.IsType<UnauthorizedAccessException>(failure).Message, StringComparison.Ordinal);
    }

    private string In(string name) => _directory.File(name);

    private void Write(string name, string text)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllText(In(name), text);
    }

    // Concerns the calling thread alone, with its rights to pass over permissions.
    [DllImport("libc", EntryPoint = "setfsuid")]
    private static extern int SetFileSystemUser(int user);

    // So that the temporary directory can be removed.
    private sealed class Reopened(string path) : IDisposable
    {
        public void Dispose()
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }
}
