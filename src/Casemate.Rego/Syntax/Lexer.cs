using System.Globalization;
using System.Text;

namespace Casemate.Rego.Syntax;

/// <summary>Splits a policy into tokens.</summary>
internal sealed class Lexer(string file, string text)
{
    private readonly List<Token> _tokens = new(Math.Max(16, text.Length / 5));
    private int _at;
    private int _line = 1;
    private int _lineStart;

    /// <summary>All tokens; the last one is <see cref="TokenKind.End"/>.</summary>
    /// <exception cref="RegoSyntaxException">A character or a string that cannot be read.</exception>
    public static List<Token> Read(string file, string text)
    {
        var lexer = new Lexer(file, text);
        while (lexer.Next())
        {
        }

        return lexer._tokens;
    }

    private bool Next()
    {
        var before = _at;
        SkipBlank();
        var space = _at > before || _at == 0;
        var start = _at;
        if (_at >= text.Length)
        {
            Add(TokenKind.End, "", start, space);
            return false;
        }

        var c = text[_at];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
            {
                _at++;
            }

            Add(TokenKind.Name, text[start.._at], start, space);
        }
        else if (char.IsAsciiDigit(c))
        {
            Number(start, space);
        }
        else if (c == '"')
        {
            Quoted(start, space);
        }
        else if (c == '`')
        {
            Raw(start, space, TokenKind.String);
        }
        else if (c == '$' && _at + 1 < text.Length && text[_at + 1] is '"' or '`')
        {
            Template(start, space);
        }
        else
        {
            Symbol(start, space);
        }

        return true;
    }

    private void SkipBlank()
    {
        while (_at < text.Length)
        {
            var c = text[_at];
            if (c == '\n')
            {
                _at++;
                _line++;
                _lineStart = _at;
            }
            else if (c is ' ' or '\t' or '\r')
            {
                _at++;
            }
            else if (c == '#')
            {
                while (_at < text.Length && text[_at] != '\n')
                {
                    _at++;
                }
            }
            else
            {
                return;
            }
        }
    }

    private void Number(int start, bool space)
    {
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }

        if (_at + 1 < text.Length && text[_at] == '.' && char.IsAsciiDigit(text[_at + 1]))
        {
            _at++;
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            {
                _at++;
            }
        }

        if (_at < text.Length && text[_at] is 'e' or 'E')
        {
            _at++;
            if (_at < text.Length && text[_at] is '+' or '-')
            {
                _at++;
            }

            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            {
                _at++;
            }
        }

        var spelled = text[start.._at];
        if (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
        {
            throw Fail(start, "illegal number format");
        }

        if (!RegoNumber.TryParse(spelled, out _))
        {
            throw Fail(start, spelled.Length > 1 && spelled[0] == '0' ? "illegal number format: expected no leading zeros"
                : "illegal number format");
        }

        Add(TokenKind.Number, spelled, start, space);
    }

    private void Quoted(int start, bool space)
    {
        _at++;
        var first = _at;
        while (_at < text.Length && text[_at] is not ('"' or '\\' or '\n'))
        {
            _at++;
        }

        if (_at < text.Length && text[_at] == '"')
        {
            Add(TokenKind.String, text[first.._at++], start, space);
            return;
        }

        var value = new StringBuilder(text, first, _at - first, 64 + _at - first);
        ReadEscaped(value, start, '"', stopAtBrace: false);
        _at++;
        Add(TokenKind.String, value.ToString(), start, space);
    }

    // Reads up to the closing quote (or an opening brace), which is left unread.
    private void ReadEscaped(StringBuilder value, int start, char quote, bool stopAtBrace)
    {
        while (true)
        {
            if (_at >= text.Length || text[_at] == '\n')
            {
                throw Fail(start, "non-terminated string");
            }

            var c = text[_at];
            if (c == quote || (stopAtBrace && c == '{'))
            {
                return;
            }

            if (c != '\\')
            {
                value.Append(c);
                _at++;
                continue;
            }

            _at++;
            var escape = _at < text.Length ? text[_at++] : '\0';
            if (escape == 'u' && _at + 4 <= text.Length
                && ushort.TryParse(text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                value.Append((char)unit);
                _at += 4;
                continue;
            }

            value.Append(escape switch
            {
                '"' => '"',
                '\\' => '\\',
                '/' => '/',
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '{' when stopAtBrace => '{',
                _ => throw Fail(_at - 2, "illegal escape sequence"),
            });
        }
    }

    private void Raw(int start, bool space, TokenKind kind)
    {
        var (line, lineStart) = (_line, _lineStart);
        var end = text.IndexOf('`', _at + 1);
        if (end < 0)
        {
            throw Fail(start, "non-terminated string");
        }

        var value = text[(_at + 1)..end];
        for (var i = _at; i < end; i++)
        {
            if (text[i] == '\n')
            {
                _line++;
                _lineStart = i + 1;
            }
        }

        _at = end + 1;
        _tokens.Add(new Token(kind, value.Replace("\r\n", "\n", StringComparison.Ordinal), line, start - lineStart + 1, start, _at, space,
            IsRaw: true));
    }

    // A template is kept as its source; the parser reads the parts between braces with a lexer of their own.
    private void Template(int start, bool space)
    {
        _at++;
        var quote = text[_at];
        var (line, lineStart, depth) = (_line, _lineStart, 0);
        for (_at++; _at < text.Length; _at++)
        {
            var c = text[_at];
            if (c == '\n')
            {
                if (quote == '"' && depth == 0)
                {
                    break;
                }

                _line++;
                _lineStart = _at + 1;
            }
            else if (c == '\\' && depth == 0)
            {
                _at++;
            }
            else if (c == '{')
            {
                depth++;
            }
            else if (c == '}' && depth > 0)
            {
                depth--;
            }
            else if (c == '"' && depth > 0)
            {
                SkipInnerString();
            }
            else if (c == quote && depth == 0)
            {
                _at++;
                _tokens.Add(new Token(
                    TokenKind.Template, text[(start + 2)..(_at - 1)], line, start - lineStart + 1, start, _at, space, IsRaw: quote == '`'));
                return;
            }
        }

        throw Fail(start, "non-terminated template string");
    }

    private void SkipInnerString()
    {
        for (_at++; _at < text.Length && text[_at] is not ('"' or '\n'); _at++)
        {
            _at += text[_at] == '\\' ? 1 : 0;
        }
    }

    private void Symbol(int start, bool space)
    {
        var second = _at + 1 < text.Length ? text[_at + 1] : '\0';
        var (kind, length) = text[_at] switch
        {
            '(' => (TokenKind.LeftParen, 1),
            ')' => (TokenKind.RightParen, 1),
            '{' => (TokenKind.LeftBrace, 1),
            '}' => (TokenKind.RightBrace, 1),
            '[' => (TokenKind.LeftBracket, 1),
            ']' => (TokenKind.RightBracket, 1),
            ',' => (TokenKind.Comma, 1),
            ';' => (TokenKind.Semicolon, 1),
            '.' => (TokenKind.Dot, 1),
            ':' => second == '=' ? (TokenKind.Assign, 2) : (TokenKind.Colon, 1),
            '=' => second == '=' ? (TokenKind.Equal, 2) : (TokenKind.Unify, 1),
            '!' when second == '=' => (TokenKind.NotEqual, 2),
            '<' => second == '=' ? (TokenKind.LessOrEqual, 2) : (TokenKind.Less, 1),
            '>' => second == '=' ? (TokenKind.GreaterOrEqual, 2) : (TokenKind.Greater, 1),
            '+' => (TokenKind.Plus, 1),
            '-' => (TokenKind.Minus, 1),
            '*' => (TokenKind.Times, 1),
            '/' => (TokenKind.Divide, 1),
            '%' => (TokenKind.Remainder, 1),
            '&' => (TokenKind.And, 1),
            '|' => (TokenKind.Or, 1),
            _ => throw Fail(start, "illegal token"),
        };
        _at += length;
        Add(kind, "", start, space);
    }

    private void Add(TokenKind kind, string value, int start, bool space) =>
        _tokens.Add(new Token(kind, value, _line, start - _lineStart + 1, start, _at, space));

    private RegoSyntaxException Fail(int at, string message) =>
        new(new RegoLocation(file, _line, Math.Max(1, at - _lineStart + 1)), message);

    /// <summary>The text before the next brace of a template, and where it ends.</summary>
    public static string TemplateText(string file, Token token, string source, ref int at)
    {
        var lexer = new Lexer(file, source) { _at = at, _line = token.Line };
        var value = new StringBuilder();
        while (lexer._at < source.Length && source[lexer._at] != '{')
        {
            if (token.IsRaw)
            {
                value.Append(source[lexer._at++]);
                continue;
            }

            var piece = new Lexer(file, source + "\"") { _at = lexer._at, _line = token.Line };
            piece.ReadEscaped(value, at, '"', stopAtBrace: true);
            lexer._at = piece._at;
        }

        at = lexer._at;
        return value.ToString();
    }
}
