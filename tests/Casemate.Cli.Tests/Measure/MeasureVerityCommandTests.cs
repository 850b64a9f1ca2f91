using System.Text.Json;
using Casemate.Measurement.Verity;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Measure;

/// <summary><c>casemate measure verity</c>.</summary>
public sealed class MeasureVerityCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _data = [.. Enumerable.Range(0, 300 * 4096).Select(i => (byte)((i * 31) ^ (i >> 9)))];

    public MeasureVerityCommandTests() => File.WriteAllBytes(Image, _data);

    private string Image => _directory.File("rootfs.img");

    private string Root => Verity.Root(new MemoryStream(_data)).Hex;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void PrintsTheRoot_AndNothingElseOnStandardOutput()
    {
        var run = Run(Image);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal(Root + "\n", run.Output);
        Assert.Contains("300 blocks", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void PrintsParameters_AsJson()
    {
        using var json = JsonDocument.Parse(Run(
            Image, "--salt", "00ff", "--hash", "sha512", "--block-size", "512", "--hash-block-size", "1024", "--hash-type", "0", "-o", "json").Output);

        var options = new VerityOptions
        {
            Algorithm = VerityAlgorithm.Sha512,
            HashType = 0,
            DataBlockSize = 512,
            HashBlockSize = 1024,
            Salt = new byte[] { 0, 255 },
        };
        Assert.Equal(Verity.Root(new MemoryStream(_data), options).Hex, json.RootElement.GetProperty("rootHash").GetString());
        Assert.Equal(2400, json.RootElement.GetProperty("dataBlocks").GetInt64());
        Assert.Equal("00ff", json.RootElement.GetProperty("salt").GetString());
    }

    [Fact]
    public async Task WritesATree_ThatBelongsToTheRoot()
    {
        var run = Run(Image, "--tree-out", _directory.File("tree"), "--uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");

        Assert.True(run.ExitCode == 0, run.Error);
        await using var tree = File.OpenRead(_directory.File("tree"));
        var head = new byte[VeritySuperblock.Size];
        tree.ReadExactly(head);
        var superblock = VeritySuperblock.Parse(head);
        tree.Position = superblock.TreeOffset;
        var root = await Verity.VerifyAsync(
            new MemoryStream(_data), tree, Convert.FromHexString(Root), superblock.Options, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(Root, root.Hex);
        Assert.Equal(2, Directory.GetFiles(_directory.Path).Length);
    }

    [Theory]
    [InlineData("kata", "rootfs_verity.scheme=dm-verity rootfs_verity.hash=")]
    [InlineData("systemd", "roothash=")]
    [InlineData("dm-mod", "dm-mod.create=\"dm-verity,,,ro,0 2400 verity 1 /dev/a /dev/b 4096 4096 300 0 sha256 ")]
    public void PrintsTheCommandLineOfAGuest_Alone(string form, string begin)
    {
        var run = Run(Image, "--cmdline", form, "--devices", "/dev/a,/dev/b");

        var line = Assert.Single(run.Lines);
        Assert.StartsWith(begin, line, StringComparison.Ordinal);
        Assert.Equal(Root, VerityCommandLine.Parse(line)!.Hex);
        Assert.Contains($"root {Root}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Expectation_Decides()
    {
        Assert.Equal(ExitCode.Success, Run(Image, "--expect", Root).ExitCode);
        Assert.Equal(ExitCode.Refused, Run(Image, "--expect", Root, "--salt", "-").ExitCode);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "--salt", "0")]
    [InlineData(ExitCode.Usage, "--salt", "zz")]
    [InlineData(ExitCode.Usage, "--hash", "md5")]
    [InlineData(ExitCode.Usage, "--block-size", "1000")]
    [InlineData(ExitCode.Usage, "--profile", "other")]
    [InlineData(ExitCode.Usage, "--cmdline", "dm-mod")]
    [InlineData(ExitCode.Usage, "--uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")]
    [InlineData(ExitCode.Usage, "--devices", "/dev/a,/dev/b")]
    [InlineData(ExitCode.Usage, "--salt", "")]
    [InlineData(ExitCode.Usage, "--tree-out", "")]
    [InlineData(ExitCode.BadInput, "--blocks", "301")]
    [InlineData(ExitCode.BadInput, "--block-size", "524288")]
    public void SaysWhatIsWrong(int code, string option, string value)
    {
        var run = Run(Image, option, value);

        Assert.Equal(code, run.ExitCode);
        Assert.StartsWith("casemate: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void CountsBlocks_InWordsThatFit()
    {
        File.WriteAllBytes(Image, new byte[4096]);
        var run = Run(Image);

        Assert.Equal("1 block of 4096 bytes; tree of 0 blocks of 4096 bytes\n", run.Error);
        Assert.Contains("tree of 1 block of 4096", Run(Image, "--profile", "hcsshim").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesWhatCannotBeRead_AndWhatToDo()
    {
        File.WriteAllBytes(_directory.File("partial"), new byte[5000]);
        File.WriteAllBytes(_directory.File("empty"), []);

        AssertBad("cannot be read: it is a directory", "Name a file with the image of a file system", _directory.Path);
        AssertBad("cannot be read: no such file", "Name a file with the image of a file system", _directory.File("missing"));
        AssertBad("cannot be read: no such file", "Name a file", _directory.File("missing/rootfs.img"));
        AssertBad("5000 bytes, which is no multiple of the block size 4096", "truncate -s %4096 FILE", _directory.File("partial"));
        AssertBad("not one block", "Name the image of a file system", _directory.File("empty"));
        AssertBad("301 blocks of 4096 bytes were asked for", "fewer blocks with --blocks", Image, "--blocks", "301");
        AssertBad("is a directory", "Name a file in it: --tree-out", Image, "--tree-out", _directory.Path);
        AssertBad("there is no directory", "mkdir -p", Image, "--tree-out", _directory.File("none/tree"));
        AssertBad("no multiple of the block size 4096", "truncate", _directory.File("partial"), "--tree-out", _directory.File("tree"));
        Assert.False(File.Exists(_directory.File("tree")));
    }

    [Fact]
    public void RefusesToReplaceTheDataByItsTree()
    {
        File.CreateSymbolicLink(_directory.File("link"), Image);

        foreach (var (data, tree) in new[] { (Image, Image), (_directory.File("link"), Image), (Image, _directory.File("link")) })
        {
            var run = Run(data, "--tree-out", tree);
            Assert.Equal(ExitCode.Usage, run.ExitCode);
            Assert.Contains("is the data itself", run.Error, StringComparison.Ordinal);
        }

        Assert.Equal(_data, File.ReadAllBytes(Image));
    }

    [Fact]
    public void LeavesNothing_WhereTheTreeCannotBeMade()
    {
        File.WriteAllBytes(Image, new byte[100]);

        Assert.Equal(ExitCode.BadInput, Run(Image, "--tree-out", _directory.File("tree")).ExitCode);
        Assert.Equal(ExitCode.BadInput, Run(_directory.File("missing")).ExitCode);
        Assert.Equal(Image, Assert.Single(Directory.GetFiles(_directory.Path)));
    }

    private static void AssertBad(string problem, string remedy, params string[] arguments)
    {
        var run = Run(arguments);

        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
    }

    private static CommandLine Run(params string[] arguments) => CommandLine.Run(["measure", "verity", .. arguments]);
}
