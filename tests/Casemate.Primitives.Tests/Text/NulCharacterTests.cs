using Casemate.Primitives.Text;

namespace Casemate.Primitives.Tests.Text;

public sealed class NulCharacterTests
{
    [Theory]
    [InlineData("\0", 1, 1)]
    [InlineData("ab\0c\0", 1, 3)]
    [InlineData("a\nbc\0", 2, 3)]
    [InlineData("a\r\n\0", 2, 1)]
    public void FindsTheFirst_ByLineAndColumn(string text, int line, int column)
    {
        Assert.True(NulCharacter.TryFind(text, out var foundLine, out var foundColumn));
        Assert.Equal((line, column), (foundLine, foundColumn));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a: 0\n")]
    public void FindsNone(string text) => Assert.False(NulCharacter.TryFind(text, out _, out _));
}
