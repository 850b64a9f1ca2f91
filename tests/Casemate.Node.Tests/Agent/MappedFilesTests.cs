using System.IO.MemoryMappedFiles;
using Casemate.Testing;

namespace Casemate.Node.Tests.Agent;

/// <summary>Pages of mapped files that nobody needs are not resident for good, and none is taken out that the file could not give again.</summary>
public sealed class MappedFilesTests
{
    private const string Program = """
        55d0a0000000-55d0a0400000 r-xp 00001000 08:01 1234                       /usr/bin/casemate with spaces
        Size:               4096 kB
        Rss:                2048 kB
        Private_Dirty:        16 kB
        Anonymous:             0 kB
        Swap:                  0 kB
        VmFlags: rd ex mr mw me sd
        """;

    [Fact]
    public void ReadsAMapping()
    {
        var mapping = Assert.Single(MappedFiles.Read(Program.Split('\n')));

        Assert.Equal((0x55d0_a000_0000UL, 0x55d0_a040_0000UL), (mapping.Start, mapping.End));
        Assert.Equal(("r-xp", "/usr/bin/casemate with spaces"), (mapping.Rights, mapping.Path));
        Assert.Equal((2048L * 1024, 0L), (mapping.Resident, mapping.Own));
        Assert.True(mapping.IsOfFileAlone);
    }

    [Theory]
    [InlineData("r-xp", "r--s")]                                           // shared, to be read alone: nobody's but the file's
    public void TakesOut_WhatTheFileCanGiveAgain(string from, string to) => Assert.True(Changed(from, to).IsOfFileAlone);

    [Theory]
    [InlineData("r-xp", "r--p")]                                           // relocated by the loader, and then write-protected
    [InlineData("r-xp", "rw-p")]
    [InlineData("r-xp", "rw-s")]
    [InlineData("r-xp", "rwxp")]
    [InlineData("Anonymous:             0 kB", "Anonymous:             4 kB")]      // a debugger's breakpoint
    [InlineData("Swap:                  0 kB", "Swap:                  4 kB")]
    [InlineData("Rss:                2048 kB", "Rss:                   0 kB")]
    [InlineData("/usr/bin/casemate with spaces", "/memfd:doublemapper (deleted)")]
    [InlineData("/usr/bin/casemate with spaces", "/dev/zero")]
    [InlineData("/usr/bin/casemate with spaces", "[vdso]")]
    [InlineData("/usr/bin/casemate with spaces", "")]
    public void Leaves_WhatIsThisProcessesOwn(string from, string to) => Assert.False(Changed(from, to).IsOfFileAlone);

    [Fact]
    public void PassesOver_WhatItDoesNotUnderstand()
    {
        string[] lines =
        [
            "", "Rss: 1 kB", "x-y r-xp 0 0 0 /f", "- r-xp", "VmFlags: rd", .. Program.Split('\n'), "Rss: many kB",
            "Anonymous: 99999999999999999999 kB",
        ];

        Assert.Equal(MappedFiles.Read(Program.Split('\n')), MappedFiles.Read(lines));
        Assert.Empty(MappedFiles.Read([]));
    }

    [Fact]
    public void PagesOfAFile_AreTakenOut_AndComeBackWhenTheyAreRead()
    {
        const int size = 8 << 20;
        using var directory = new TemporaryDirectory();
        var path = directory.File("mapped");
        var content = new byte[size];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(path, content);
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using var view = file.CreateViewStream(0, size, MemoryMappedFileAccess.Read);
        var read = new byte[size];
        view.ReadExactly(read);
        Assert.Equal(size, ResidentOf(path));

        var released = MappedFiles.Release();

        Assert.InRange(released, size, long.MaxValue);
        Assert.Equal(0, ResidentOf(path));
        Array.Clear(read);
        view.Position = 0;
        view.ReadExactly(read);
        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    private static MappedFiles.Mapping Changed(string from, string to)
    {
        Assert.Contains(from, Program, StringComparison.Ordinal);
        return Assert.Single(MappedFiles.Read(Program.Replace(from, to, StringComparison.Ordinal).Split('\n')));
    }

    private static long ResidentOf(string path) =>
        MappedFiles.Read(File.ReadLines("/proc/self/smaps")).Where(mapping => mapping.Path == path).Sum(mapping => mapping.Resident);
}
