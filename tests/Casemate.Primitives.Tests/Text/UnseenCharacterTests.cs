using Casemate.Primitives.Text;

namespace Casemate.Primitives.Tests.Text;

/// <summary>What a terminal obeys and no reader sees.</summary>
public sealed class UnseenCharacterTests
{
    [Theory]
    [InlineData('\u001B')]
    [InlineData('\n')]
    [InlineData('\u0085')]
    [InlineData('\u00AD')]
    [InlineData('\u200B')]
    [InlineData('\u202E')]
    [InlineData('\u2028')]
    [InlineData('\u2066')]
    [InlineData('\uFEFF')]
    public void IsOne(char character) => Assert.True(UnseenCharacter.Is(character));

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('é')]
    [InlineData('漢')]
    [InlineData('…')]
    [InlineData('\uD83D')]
    public void IsNone(char character) => Assert.False(UnseenCharacter.Is(character));
}
