using System.Text;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Formatting;

/// <summary>Writes the tokens of a module with the spaces, the indentation and the blank lines of our style.</summary>
internal sealed partial class Layout
{
    private readonly string _text;
    private readonly List<Token> _tokens;
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _statement = new();
    private readonly Stack<Bracket> _open = new();
    private StatementKind _kind = StatementKind.None;
    private bool _statementBreaks;
    private bool _blankAbove;
    private StatementKind _lastKind = StatementKind.None;
    private bool _lastBreaks;
    private int _indent;

    private Layout(string text, List<Token> tokens) => (_text, _tokens) = (text, tokens);

    // Indent: that of the line on which the bracket was opened.
    private readonly record struct Bracket(int Indent, bool IsBody);

    private enum StatementKind
    {
        None,
        Package,
        Import,
        Rule,
        Comments,
    }

    /// <summary>The text of a module that can be parsed, laid out.</summary>
    public static string Of(string text, List<Token> tokens)
    {
        var layout = new Layout(text, tokens);
        for (var i = 0; i < tokens.Count; i++)
        {
            layout.Write(i);
        }

        layout.EndStatement();
        return layout._out.ToString();
    }

    private void Write(int i)
    {
        var token = _tokens[i];
        var start = i == 0 ? 0 : _tokens[i - 1].End;
        var gap = Gap.Read(_text.AsSpan(start, token.Start - start), i == 0);
        if (gap.Trailing is not null)
        {
            _statement.Append(' ').Append(gap.Trailing);
        }

        if (i == 0 || token.Kind is TokenKind.End || (gap.HasBreak && StartsStatement(i)))
        {
            BeginStatement(i, gap);
        }
        else if (gap.HasBreak)
        {
            BreakLine(i, gap);
        }
        else if (NeedsSpace(i))
        {
            _statement.Append(' ');
        }

        WriteToken(i);
    }

    private void BeginStatement(int i, Gap gap)
    {
        EndStatement();
        var token = _tokens[i];
        _kind = token.Kind is TokenKind.End ? StatementKind.Comments
            : token.Text switch { "package" => StatementKind.Package, "import" => StatementKind.Import, _ => StatementKind.Rule };
        (_statementBreaks, _indent) = (false, 0);
        _blankAbove = gap.Comments.Count > 0 ? gap.Comments[0].AfterBlank : gap.BlankBeforeNext;
        for (var c = 0; c < gap.Comments.Count; c++)
        {
            _statement.Append(c > 0 && gap.Comments[c].AfterBlank ? "\n" : "").Append(gap.Comments[c].Text).Append('\n');
        }

        if (gap.Comments.Count > 0 && gap.BlankBeforeNext && token.Kind is not TokenKind.End)
        {
            _statement.Append('\n');
        }
    }

    private void EndStatement()
    {
        var length = _statement.Length;
        while (length > 0 && _statement[length - 1] == '\n')
        {
            length--;
        }

        if (length == 0)
        {
            _statement.Clear();
            return;
        }

        var differs = _kind is not StatementKind.Comments && _lastKind != _kind;
        if (_out.Length > 0 && (_blankAbove || _statementBreaks || _lastBreaks || differs))
        {
            _out.Append('\n');
        }

        _out.Append(_statement, 0, length).Append('\n');
        _statement.Clear();
        (_lastKind, _lastBreaks) = (_kind, _statementBreaks);
    }

    private void BreakLine(int i, Gap gap)
    {
        var token = _tokens[i];
        var (closes, opened) = (IsClosing(token.Kind), IsOpening(_tokens[i - 1].Kind));
        var inside = _open.Count == 0 ? 0 : _open.Peek().Indent + 1;
        for (var c = 0; c < gap.Comments.Count; c++)
        {
            NewLine(gap.Comments[c].AfterBlank && !(opened && c == 0), inside);
            _statement.Append(gap.Comments[c].Text);
        }

        var blank = gap.BlankBeforeNext && !closes && !(opened && gap.Comments.Count == 0);
        NewLine(blank, closes ? inside - 1 : Continues(i) ? inside + 1 : inside);
    }

    private void NewLine(bool blank, int indent)
    {
        (_statementBreaks, _indent) = (true, indent);
        _statement.Append(blank ? "\n\n" : "\n").Append('\t', indent);
    }

    private void WriteToken(int i)
    {
        var token = _tokens[i];
        if (IsClosing(token.Kind))
        {
            _open.Pop();
        }
        else if (IsOpening(token.Kind))
        {
            _open.Push(new Bracket(_indent, token.Kind is TokenKind.LeftBrace && OpensBody(i)));
        }

        var written = _text[token.Start..token.End];
        if (token.IsRaw && token.Kind is TokenKind.String)
        {
            written = written.Replace("\r\n", "\n", StringComparison.Ordinal);
        }

        _statementBreaks |= written.Contains('\n', StringComparison.Ordinal);
        _statement.Append(written);
    }
}
