namespace Casemate.Rego.Syntax;

internal sealed partial class Parser
{
    private Term Expression() => Expression(stopAtOr: false);

    private Term Expression(bool stopAtOr)
    {
        return InChain(Infix(0, stopAtOr), stopAtOr);
    }

    private Term InChain(Term left, bool stopAtOr)
    {
        for (var length = 0; IsKeyword("in"); length++)
        {
            CheckLength(length);
            var at = Here();
            Advance();
            left = new CallTerm(at, "internal.member_2", [left, Infix(0, stopAtOr)]);
        }

        return left;
    }

    private Term Membership(RegoLocation at, Term key, Term value)
    {
        if (!IsKeyword("in"))
        {
            throw Fail("in expected");
        }

        Advance();
        return InChain(new CallTerm(at, "internal.member_3", [key, value, Infix(0, stopAtOr: false)]), stopAtOr: false);
    }

    // An expression, or key and value before in: not where commas separate terms.
    private Term Membership()
    {
        var at = Here();
        var left = Expression();
        if (_token.Kind is not TokenKind.Comma || !_keywords.Contains("in"))
        {
            return left;
        }

        Advance();
        return Membership(at, left, Infix(0, stopAtOr: false));
    }

    private static (int Level, string Name) Operator(TokenKind kind) => kind switch
    {
        TokenKind.Equal => (0, "equal"),
        TokenKind.NotEqual => (0, "neq"),
        TokenKind.Less => (0, "lt"),
        TokenKind.LessOrEqual => (0, "lte"),
        TokenKind.Greater => (0, "gt"),
        TokenKind.GreaterOrEqual => (0, "gte"),
        TokenKind.Or => (1, "or"),
        TokenKind.And => (2, "and"),
        TokenKind.Plus => (3, "plus"),
        TokenKind.Minus => (3, "minus"),
        TokenKind.Times => (4, "mul"),
        TokenKind.Divide => (4, "div"),
        TokenKind.Remainder => (4, "rem"),
        _ => (-1, ""),
    };

    // Operators of at least this precedence.
    private Term Infix(int level, bool stopAtOr)
    {
        var left = Primary();
        for (var length = 0; ; length++)
        {
            CheckLength(length);
            var (found, name) = Operator(_token.Kind);
            if (found < level || (stopAtOr && _token.Kind is TokenKind.Or))
            {
                return left;
            }

            var at = Here();
            Advance();
            left = new CallTerm(at, name, [left, Infix(found + 1, stopAtOr)]);
        }
    }

    private Term Primary()
    {
        Enter();
        var at = Here();
        Term term;
        switch (_token.Kind)
        {
            case TokenKind.Number:
                RegoNumber.TryParse(_token.Text, out var number);
                term = new ConstantTerm(at, number!);
                Advance();
                break;
            case TokenKind.Minus when Peek() is { Kind: TokenKind.Number, SpaceBefore: false } next:
                RegoNumber.TryParse("-" + next.Text, out var negative);
                term = new ConstantTerm(at, negative!);
                Advance();
                Advance();
                break;
            case TokenKind.String:
                term = new ConstantTerm(at, RegoString.Create(_token.Text));
                Advance();
                break;
            case TokenKind.Template:
                term = Template(at);
                break;
            case TokenKind.LeftParen:
                Advance();
                term = Membership();
                Expect(TokenKind.RightParen, ")");
                Leave();
                return term;
            case TokenKind.LeftBracket:
                term = Postfix(at, Array(at));
                break;
            case TokenKind.LeftBrace:
                term = Postfix(at, SetOrObject(at));
                break;
            case TokenKind.Name:
                term = Word(at);
                break;
            default:
                throw Fail("expression expected");
        }

        Leave();
        return term;
    }

    private Term Word(RegoLocation at)
    {
        switch (_token.Text)
        {
            case "true" or "false":
                Term boolean = new ConstantTerm(at, RegoValue.From(_token.Text == "true"));
                Advance();
                return boolean;
            case "null":
                Advance();
                return new ConstantTerm(at, RegoValue.Null);
            case "set" when Peek() is { Kind: TokenKind.LeftParen, SpaceBefore: false } && Peek(2).Kind is TokenKind.RightParen:
                Advance();
                Advance();
                Advance();
                return Postfix(at, new ConstantTerm(at, RegoSet.Empty));
            case "contains" when Peek() is { Kind: TokenKind.LeftParen, SpaceBefore: false }:
                Advance();
                return Postfix(at, new NameTerm(at, "contains"));
            default:
                return Reference();
        }
    }

    private Term Reference()
    {
        var at = Here();
        return Postfix(at, new NameTerm(at, Word("name")));
    }

    private Term Postfix(RegoLocation at, Term head)
    {
        var path = new List<Term>();
        while (!_token.SpaceBefore)
        {
            CheckLength(path.Count);
            if (_token.Kind is TokenKind.Dot)
            {
                Advance();
                var here = Here();
                path.Add(new ConstantTerm(here, RegoString.Create(MemberName())));
            }
            else if (_token.Kind is TokenKind.LeftBracket)
            {
                Advance();
                path.Add(Expression());
                Expect(TokenKind.RightBracket, "]");
            }
            else if (_token.Kind is TokenKind.LeftParen)
            {
                var name = string.Join('.', PathOf(path.Count == 0 ? head : new ReferenceTerm(at, head, [.. path]), "function name"));
                Advance();
                head = new CallTerm(at, name, Terms(TokenKind.RightParen, ")"));
                path.Clear();
            }
            else
            {
                break;
            }
        }

        return path.Count == 0 ? head : new ReferenceTerm(at, head, [.. path]);
    }

    // Terms up to a closing token, which is consumed; a comma may follow the last one.
    private Term[] Terms(TokenKind closing, string what)
    {
        var terms = new List<Term>();
        while (_token.Kind != closing)
        {
            terms.Add(Expression());
            if (_token.Kind is TokenKind.Comma)
            {
                Advance();
            }
            else if (_token.Kind != closing)
            {
                throw Fail($"comma or {what} expected");
            }
        }

        Advance();
        return [.. terms];
    }

    private Term Array(RegoLocation at)
    {
        Advance();
        if (_token.Kind is TokenKind.RightBracket)
        {
            Advance();
            return new ConstantTerm(at, RegoArray.Empty);
        }

        var first = Expression(stopAtOr: true);
        if (_token.Kind is TokenKind.Or)
        {
            return Comprehension(at, RegoValueKind.Array, null, first, TokenKind.RightBracket);
        }

        var items = Rest(first, TokenKind.RightBracket, "]");
        return items.All(item => item is ConstantTerm)
            ? new ConstantTerm(at, RegoArray.Own([.. items.Select(item => ((ConstantTerm)item).Value)]))
            : new ArrayTerm(at, items);
    }

    private Term[] Rest(Term first, TokenKind closing, string what)
    {
        if (_token.Kind is TokenKind.Comma)
        {
            Advance();
            return [first, .. Terms(closing, what)];
        }

        Expect(closing, $"comma or {what}");
        return [first];
    }

    private Term SetOrObject(RegoLocation at)
    {
        Advance();
        if (_token.Kind is TokenKind.RightBrace)
        {
            Advance();
            return new ConstantTerm(at, RegoObject.Empty);
        }

        var first = Expression(stopAtOr: true);
        if (_token.Kind is TokenKind.Colon)
        {
            return Object(at, first);
        }

        if (_token.Kind is TokenKind.Or)
        {
            return Comprehension(at, RegoValueKind.Set, null, first, TokenKind.RightBrace);
        }

        var items = Rest(first, TokenKind.RightBrace, "}");
        return items.All(item => item is ConstantTerm)
            ? new ConstantTerm(at, RegoSet.Create(items.Select(item => ((ConstantTerm)item).Value)))
            : new SetTerm(at, items);
    }

    private Term Object(RegoLocation at, Term key)
    {
        Advance();
        var value = Expression(stopAtOr: true);
        if (_token.Kind is TokenKind.Or)
        {
            return Comprehension(at, RegoValueKind.Object, key, value, TokenKind.RightBrace);
        }

        var members = new List<(Term Key, Term Value)> { (key, value) };
        while (_token.Kind is TokenKind.Comma)
        {
            Advance();
            if (_token.Kind is TokenKind.RightBrace)
            {
                break;
            }

            key = Expression();
            Expect(TokenKind.Colon, ":");
            members.Add((key, Expression()));
        }

        Expect(TokenKind.RightBrace, "comma or }");
        if (members.All(member => member is { Key: ConstantTerm, Value: ConstantTerm }))
        {
            var map = new Dictionary<RegoValue, RegoValue>();
            var same = true;
            foreach (var (k, v) in members)
            {
                var (name, constant) = (((ConstantTerm)k).Value, ((ConstantTerm)v).Value);
                same &= map.TryAdd(name, constant) || map[name].Equals(constant);
            }

            if (same)
            {
                return new ConstantTerm(at, RegoObject.Create(map));
            }
        }

        return new ObjectTerm(at, [.. members]);
    }

    private ComprehensionTerm Comprehension(RegoLocation at, RegoValueKind kind, Term? key, Term value, TokenKind closing)
    {
        Advance();
        var body = Body(closing);
        if (body.Length == 0)
        {
            throw Fail("found empty body");
        }

        Advance();
        return new ComprehensionTerm(at, kind, key, value, body);
    }

    private TemplateTerm Template(RegoLocation at)
    {
        var (token, source) = (_token, _token.Text);
        var parts = new List<Term>();
        for (var i = 0; i < source.Length;)
        {
            var text = Lexer.TemplateText(_file, token, source, ref i);
            if (text.Length > 0)
            {
                parts.Add(new ConstantTerm(at, RegoString.Create(text)));
            }

            if (i < source.Length)
            {
                var end = EndOfPart(source, i);
                var part = new Parser(_file, source[(i + 1)..end], _version) { _depth = _depth };
                part._keywords.UnionWith(_keywords);
                parts.Add(part.TemplatePart());
                i = part._token.Kind is TokenKind.End ? end + 1 : throw Fail("text follows an expression in a template");
            }
        }

        Advance();
        return new TemplateTerm(at, [.. parts]);
    }

    // What 'with' stands after is evaluated in a body of its own: the first value of an array made of it.
    private Term TemplatePart()
    {
        var (at, value) = (Here(), Expression());
        if (!IsWord("with"))
        {
            return value;
        }

        var name = new NameTerm(at, "template part");
        var literal = WithModifiers(new Literal(at, LiteralKind.Assign) { Left = name, Right = value });
        return new ReferenceTerm(
            at, new ComprehensionTerm(at, RegoValueKind.Array, null, name, [literal]), [new ConstantTerm(at, RegoNumber.Zero)]);
    }

    private int EndOfPart(string source, int open)
    {
        var (depth, quoted) = (0, false);
        for (var i = open; i < source.Length; i++)
        {
            var c = source[i];
            if (quoted)
            {
                i += c == '\\' ? 1 : 0;
                quoted = c != '"';
            }
            else if (c == '"')
            {
                quoted = true;
            }
            else if (c is '{' or '}')
            {
                depth += c == '{' ? 1 : -1;
                if (depth == 0)
                {
                    return i;
                }
            }
        }

        throw Fail("a brace of the template is not closed");
    }
}
