namespace Casemate.Rego.Syntax;

internal sealed partial class Parser
{
    // Reads literals up to a closing token, which is left unread.
    private Literal[] Body(TokenKind closing)
    {
        Enter();
        var body = new List<Literal>();
        while (_token.Kind != closing)
        {
            body.Add(ReadLiteral());
            if (_token.Kind is TokenKind.Semicolon)
            {
                Advance();
            }
            else if (_token.Kind != closing && _token.Line == _tokens[_at - 1].Line)
            {
                throw Fail(closing is TokenKind.End ? "a new line or ; expected" : "a new line, ; or the end of the body expected");
            }
        }

        Leave();
        return [.. body];
    }

    private Literal ReadLiteral()
    {
        var start = _token.Start;
        var literal = WithModifiers(LiteralWithoutText());
        return literal with { Text = Shorten(_text[start.._tokens[_at - 1].End]) };
    }

    private Literal WithModifiers(Literal literal)
    {
        while (IsWord("with"))
        {
            Advance();
            var target = Reference();
            if (!IsWord("as"))
            {
                throw Fail("as expected");
            }

            Advance();
            literal = literal with { With = [.. literal.With, (target, Expression())] };
        }

        return literal;
    }

    private static string Shorten(string text)
    {
        var line = string.Join(' ', text.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 200 ? line : string.Concat(line.AsSpan(0, 199), "…");
    }

    private Literal LiteralWithoutText()
    {
        var at = Here();
        if (IsWord("not"))
        {
            Advance();
            if (IsWord("not") || IsWord("some") || IsKeyword("every"))
            {
                throw Fail("an expression expected after not");
            }

            return LiteralWithoutText() with { Negated = true, At = at };
        }

        if (IsWord("some"))
        {
            Advance();
            return Some(at);
        }

        if (IsKeyword("every") && Peek().Kind is TokenKind.Name)
        {
            Advance();
            return Every(at);
        }

        var left = Membership();
        if (_token.Kind is TokenKind.Assign or TokenKind.Unify)
        {
            var kind = _token.Kind is TokenKind.Assign ? LiteralKind.Assign : LiteralKind.Unify;
            Advance();
            return new Literal(at, kind) { Left = left, Right = Membership() };
        }

        return new Literal(at, LiteralKind.Expression) { Left = left };
    }

    private Literal Some(RegoLocation at)
    {
        var names = new List<Term> { Infix(0, stopAtOr: false) };
        while (_token.Kind is TokenKind.Comma)
        {
            Advance();
            names.Add(Infix(0, stopAtOr: false));
        }

        if (IsKeyword("in"))
        {
            Advance();
            if (names.Count > 2)
            {
                throw Fail("some takes one or two variables before in");
            }

            return new Literal(at, LiteralKind.SomeIn) { Key = names.Count == 2 ? names[0] : null, Left = names[^1], Right = Expression() };
        }

        foreach (var name in names)
        {
            if (name is not NameTerm)
            {
                throw new RegoSyntaxException(name.At, IsWord("in") ? "unexpected 'in': hint: `import future.keywords.in`"
                    : "some takes variables");
            }
        }

        return new Literal(at, LiteralKind.Some) { Names = [.. names] };
    }

    private Literal Every(RegoLocation at)
    {
        Term? key = null;
        Term value = new NameTerm(Here(), Word("variable"));
        if (_token.Kind is TokenKind.Comma)
        {
            Advance();
            key = value;
            value = new NameTerm(Here(), Word("variable"));
        }

        if (!IsKeyword("in"))
        {
            throw Fail("in expected");
        }

        Advance();
        var domain = Infix(0, stopAtOr: false);
        if (_token.Kind is not TokenKind.LeftBrace)
        {
            throw Fail("{ expected: every has a body");
        }

        return new Literal(at, LiteralKind.Every) { Key = key, Left = value, Right = domain, Body = BracedBody() };
    }
}
