using Casemate.Rego.Syntax;

namespace Casemate.Rego.Formatting;

// What the place of a token says. Words may be names in the older dialect; a wrong guess then costs looks, not meaning, because line breaks
// and the spaces that the grammar looks at (before brackets, dots and after a sign) are never changed.
internal sealed partial class Layout
{
    private static bool IsOpening(TokenKind kind) => kind is TokenKind.LeftParen or TokenKind.LeftBracket or TokenKind.LeftBrace;

    private static bool IsClosing(TokenKind kind) => kind is TokenKind.RightParen or TokenKind.RightBracket or TokenKind.RightBrace;

    private static bool IsOperator(TokenKind kind) => kind is >= TokenKind.Assign and <= TokenKind.Or;

    private static bool IsWord(Token token, params ReadOnlySpan<string> words) => token.Kind is TokenKind.Name && words.Contains(token.Text);

    private static bool IsKeyword(Token token) =>
        IsWord(token, "in", "not", "if", "as", "with", "else", "some", "every", "contains", "default", "import", "package");

    private static bool IsOperand(Token token) => token.Kind is TokenKind.Number or TokenKind.String or TokenKind.Template
        || IsClosing(token.Kind) || (token.Kind is TokenKind.Name && !IsKeyword(token));

    private bool StartsStatement(int i) => _open.Count == 0 && !Continues(i) && _tokens[i].Kind is not TokenKind.LeftBrace
        && !IsWord(_tokens[i], "else");

    // Whether a line goes on with what the line before it began.
    private bool Continues(int i)
    {
        if (_open.Count > 0 && !_open.Peek().IsBody)
        {
            return false;
        }

        var (token, before) = (_tokens[i], _tokens[i - 1]);
        return (IsOperator(token.Kind) && !IsSign(i)) || IsWord(token, "with", "as", "in", "if")
            || IsOperator(before.Kind) || before.Kind is TokenKind.Comma or TokenKind.Dot
            || IsWord(before, "not", "in", "with", "as", "some", "every", "default", "import", "package", "if");
    }

    // A brace after a value or after 'if' opens a body; elsewhere a collection.
    private bool OpensBody(int i) => i > 0 && (IsOperand(_tokens[i - 1]) || IsWord(_tokens[i - 1], "if", "else"));

    // A minus that belongs to the number after it. Where a line begins, only the grammar knows: the writing decides.
    private bool IsSign(int i)
    {
        if (_tokens[i].Kind is not TokenKind.Minus || i + 1 == _tokens.Count || _tokens[i + 1].Kind is not TokenKind.Number
            || _tokens[i + 1].SpaceBefore)
        {
            return false;
        }

        return i == 0 || !IsOperand(_tokens[i - 1]) || _tokens[i - 1].Line != _tokens[i].Line;
    }

    private bool NeedsSpace(int i)
    {
        var (before, token) = (_tokens[i - 1], _tokens[i]);
        return (before.Kind, token.Kind) switch
        {
            (_, TokenKind.Comma or TokenKind.Semicolon or TokenKind.Dot or TokenKind.Colon) => false,
            (TokenKind.Dot, _) => false,
            (TokenKind.LeftBrace, TokenKind.RightBrace) => false,
            (_, TokenKind.RightParen or TokenKind.RightBracket) or (TokenKind.LeftParen or TokenKind.LeftBracket, _) => false,
            (TokenKind.LeftBrace, _) or (_, TokenKind.RightBrace) => _open.Peek().IsBody,
            (TokenKind.Minus, _) when IsSign(i - 1) => false,
            (TokenKind.Name or TokenKind.String or TokenKind.RightParen or TokenKind.RightBracket or TokenKind.RightBrace,
                TokenKind.LeftParen or TokenKind.LeftBracket) => token.SpaceBefore,
            _ => true,
        };
    }
}
