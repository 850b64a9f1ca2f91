using Casemate.Quoting.Devices;
using Casemate.Quoting.Tsm;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Tsm;

/// <summary>The system calls underneath, on a directory that is no configfs.</summary>
public sealed class TsmTreeTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly TsmTree _tree;

    public TsmTreeTests() => _tree = new TsmTree(_root.Path);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void MakesListsAndRemoves()
    {
        Assert.Equal(0, _tree.Make("casemate-1", out var hold));
        using (hold)
        {
            _tree.List(out var names);
            Assert.Equal(["casemate-1"], names);
            Assert.Equal(0, _tree.Remove("casemate-1"));
        }

        Assert.Equal(-ErrorNumber.NoEntry, _tree.Remove("casemate-1"));
    }

    [Fact]
    public void DirectoryInUse_IsNotAbandoned_UntilItsHolderIsGone()
    {
        _tree.Make("casemate-1", out var hold);

        Assert.Equal(-ErrorNumber.TryAgain, _tree.RemoveAbandoned("casemate-1"));
        hold!.Dispose();
        Assert.Equal(0, _tree.RemoveAbandoned("casemate-1"));
    }

    [Fact]
    public void ReadsWholeAttributes_UpToTheLimit()
    {
        _tree.Make("casemate-1", out var hold);
        hold!.Dispose();
        File.WriteAllBytes(_root.File("casemate-1/outblob"), new byte[100]);

        Assert.Equal(0, _tree.Read("casemate-1", "outblob", 100, out var value));
        Assert.Equal(100, value.Length);
        Assert.Equal(-ErrorNumber.FileTooLarge, _tree.Read("casemate-1", "outblob", 99, out value));
        Assert.Empty(value);
        Assert.Equal(-ErrorNumber.NoEntry, _tree.Read("casemate-1", "auxblob", 99, out _));
    }

    [Fact]
    public void Writes_OnlyWhatIsThere()
    {
        _tree.Make("casemate-1", out var hold);
        hold!.Dispose();
        File.WriteAllBytes(_root.File("casemate-1/inblob"), []);

        Assert.Equal(0, _tree.Write("casemate-1", "inblob", new byte[64]));
        Assert.Equal(64, new FileInfo(_root.File("casemate-1/inblob")).Length);
        Assert.Equal(-ErrorNumber.NoEntry, _tree.Write("casemate-1", "privlevel", "0"u8));
        Assert.False(File.Exists(_root.File("casemate-1/privlevel")));
    }

    [Fact]
    public void MissingRoot_IsNoEntry() =>
        Assert.Equal(-ErrorNumber.NoEntry, new TsmTree(_root.File("nothing")).List(out _));
}
