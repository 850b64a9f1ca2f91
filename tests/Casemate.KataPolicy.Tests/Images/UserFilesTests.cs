using Casemate.KataPolicy.Images;

namespace Casemate.KataPolicy.Tests.Images;

/// <summary>The files of an image that say who users are.</summary>
public sealed class UserFilesTests
{
    [Fact]
    public void ReadUsers_AndPassOverLinesThatAreNone() =>
        Assert.Equal(
            [new PasswdEntry("root", 0, 0), new("web", 101, 102), new("big", uint.MaxValue, 1)],
            UserFiles.ReadPasswd(
                "root:x:0:0:root:/root:/bin/sh\r\n\n# comment\nweb:x:101:102\nno number:x:a:1\n:x:3:3\nbig:x:4294967295:1:\nover:x:4294967296:1\n+nis\n"u8));

    [Fact]
    public void ReadGroupsWithTheirMembers()
    {
        var groups = UserFiles.ReadGroup("wheel:x:10:root, web,\nnone:x:11:\nshort:x:12\nbad:x:-1:root"u8);

        Assert.Equal([("wheel", 10u), ("none", 11u), ("short", 12u)], groups.Select(group => (group.Name, group.Gid)));
        Assert.Equal(["root", "web"], groups[0].Members);
        Assert.Empty(groups[1].Members);
    }

    [Fact]
    public void ReadNoMoreLinesThanTheLimit() =>
        Assert.Equal(
            UserFiles.MaxLines,
            UserFiles.ReadPasswd(
            System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a:x:1:1\n", UserFiles.MaxLines + 5)))).Length);

    [Fact]
    public void TakeBytesThatAreNoText() => Assert.Empty(UserFiles.ReadPasswd([0xFF, 0xFE, (byte)':', 0x80, (byte)'\n', 0]));
}
