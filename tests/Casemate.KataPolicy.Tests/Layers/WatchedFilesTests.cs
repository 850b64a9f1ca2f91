using System.Text;
using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Tar;

namespace Casemate.KataPolicy.Tests.Layers;

/// <summary>What layers say about <c>etc/passwd</c> and <c>etc/group</c>, and which of them decides.</summary>
public sealed class WatchedFilesTests
{
    private const string Users = "root:x:0:0::/:/bin/sh\n";

    [Fact]
    public async Task File_ComesWithItsContent()
    {
        var file = await PasswdAsync(new SampleLayer().File("etc/passwd", Users));

        Assert.Equal(WatchedFileState.Present, file.State);
        Assert.Equal(Users, Encoding.UTF8.GetString(file.Content.Span));
    }

    [Fact]
    public async Task LaterEntry_Counts() =>
        Assert.Equal("b", Encoding.UTF8.GetString((await PasswdAsync(new SampleLayer().File("./etc/passwd", "a").File("/etc//passwd", "b"))).Content.Span));

    [Theory]
    [InlineData("etc/.wh.passwd")]
    [InlineData("etc/.wh..wh..opq")]
    [InlineData(".wh.etc")]
    [InlineData(".wh..wh..opq")]
    public async Task Whiteout_RemovesIt_AndAFileOfTheSameLayerStaysAllTheSame(string whiteout)
    {
        Assert.Equal(WatchedFileState.Removed, (await PasswdAsync(new SampleLayer().File(whiteout, ""))).State);
        Assert.Equal(WatchedFileState.Present, (await PasswdAsync(new SampleLayer().File("etc/passwd", Users).File(whiteout, ""))).State);
    }

    [Fact]
    public async Task Link_IsSaidToBeNoFile()
    {
        Assert.Equal(WatchedFileState.NotAFile, (await PasswdAsync(new SampleLayer().Link("etc/passwd", "../run/passwd"))).State);
        Assert.Equal(WatchedFileState.NotAFile, (await PasswdAsync(new SampleLayer().Link("etc", "run/etc"))).State);
        Assert.Equal(
            WatchedFileState.NotAFile,
            (await PasswdAsync(new SampleLayer().File("a", "1").Link("etc/passwd", "a", TarEntryKind.HardLink))).State);
    }

    [Fact]
    public async Task LargeFile_IsSaidToBeTooLarge() =>
        Assert.Equal(WatchedFileState.TooLarge, (await PasswdAsync(new SampleLayer().File("etc/passwd", new byte[WatchedFile.MaxBytes + 1]))).State);

    [Theory]
    [InlineData("other", WatchedFileState.Absent)]
    [InlineData("etc/passwd-", WatchedFileState.Absent)]
    [InlineData("etc/.wh.passwd2", WatchedFileState.Absent)]
    public async Task OtherNames_SayNothing(string path, WatchedFileState state) =>
        Assert.Equal(state, (await PasswdAsync(new SampleLayer().Directory("etc").File(path, ""))).State);

    [Fact]
    public void HighestLayerThatSpeaks_Decides()
    {
        WatchedFile one = new("etc/passwd", WatchedFileState.Present, new byte[] { 1 }), none = new("etc/passwd", WatchedFileState.Absent, default);
        var removed = none with { State = WatchedFileState.Removed };

        Assert.Equal(one, LayerRoots.FileOf([Layer(none), Layer(one), Layer(none)], "etc/passwd"));
        Assert.Equal(none, LayerRoots.FileOf([Layer(one), Layer(removed), Layer(none)], "etc/passwd"));
        Assert.Equal(one, LayerRoots.FileOf([Layer(removed), Layer(one)], "etc/passwd"));
        Assert.Equal(none, LayerRoots.FileOf([], "etc/passwd"));
    }

    private static ImageLayer Layer(WatchedFile file) => new(
        Descriptor.Of(MediaTypes.Layer, []), Digest.Of([]), new LayerRoot(Digest.Of([]), LayerProfile.Tarfs, new string('0', 64), 4096, [file]));

    private static async Task<WatchedFile> PasswdAsync(SampleLayer layer) => (await TarfsRootTests.RootAsync(layer.Complete(), LayerProfile.Tarfs)).Files[0];
}
