using System.Diagnostics.CodeAnalysis;

namespace Casemate.Rego.Syntax;

internal sealed partial class Parser
{
    private void ReadRules(List<Rule> rules)
    {
        var isDefault = false;
        if (IsWord("default"))
        {
            isDefault = true;
            Advance();
        }

        var at = Here();
        var name = Word("rule name");
        var (path, bracketed) = HeadPath();
        Term[]? arguments = null;
        if (_token.Kind is TokenKind.LeftParen && !_token.SpaceBefore)
        {
            Advance();
            arguments = Terms(TokenKind.RightParen, ")");
            (var rest, _) = HeadPath();
            if (rest.Length > 0)
            {
                throw Fail("a function's head ends with its arguments");
            }
        }

        var (isSet, isAssigned) = (false, _token.Kind is TokenKind.Assign);
        Term? value = null;
        if (IsKeyword("contains"))
        {
            isSet = true;
            Advance();
            value = Expression();
        }

        if (_token.Kind is TokenKind.Assign or TokenKind.Unify)
        {
            if (isSet)
            {
                throw Fail("a rule with contains has no other value");
            }

            Advance();
            value = Expression();
        }

        var rule = new Rule(at, name)
        {
            Path = path,
            Arguments = arguments,
            IsDefault = isDefault,
            IsAssigned = isAssigned,
            IsSet = isSet,
            Value = value
            ?? Truth(at)
        };
        if (isDefault)
        {
            CheckDefault(rule, value);
            EndStatement();
            rules.Add(rule);
            return;
        }

        var hasIf = IsKeyword("if");
        if (!hasIf && _token.Kind is TokenKind.LeftBrace)
        {
            _olderForms.Add((Here(), "a rule's body without 'if' before it"));
        }

        if (!hasIf && value is null && arguments is null && bracketed)
        {
            _olderForms.Add((at, "a member of a set without 'contains'"));
        }

        if (!hasIf && _version is RegoVersion.V1)
        {
            if (_token.Kind is TokenKind.LeftBrace)
            {
                throw Fail("`if` keyword is required before rule body");
            }

            if (value is null && arguments is null && bracketed)
            {
                throw new RegoSyntaxException(at, "`contains` keyword is required for partial set rules");
            }
        }

        if (!hasIf && value is null && arguments is null && bracketed && path.Length == 1)
        {
            rule = rule with { Path = [], IsSet = true, Value = path[0] };
        }
        else if (!hasIf && _token.Kind is not TokenKind.LeftBrace && value is null)
        {
            throw Fail(_version is RegoVersion.V1 ? "a rule needs a value or a body"
                : "var cannot be used for rule name: a value or a body expected");
        }

        ReadBodies(rules, rule, hasIf);
        if (_token.Kind is not TokenKind.End)
        {
            EndStatement();
        }
    }

    private void ReadBodies(List<Rule> rules, Rule head, bool hasIf)
    {
        if (!hasIf && _token.Kind is not TokenKind.LeftBrace)
        {
            rules.Add(head with { Else = ElseBranch(head) });
            return;
        }

        var body = hasIf ? IfBody() : BracedBody();
        rules.Add(head with { Body = body, Else = ElseBranch(head) });
        while (_token.Kind is TokenKind.LeftBrace)
        {
            rules.Add(head with { At = Here(), Body = BracedBody(), Else = ElseBranch(head) });
        }
    }

    private Rule? ElseBranch(Rule head)
    {
        if (!IsWord("else"))
        {
            return null;
        }

        if (head.IsSet)
        {
            throw Fail("else keyword cannot be used on rules with partial sets");
        }

        var at = Here();
        Advance();
        Term? value = null;
        if (_token.Kind is TokenKind.Assign or TokenKind.Unify)
        {
            Advance();
            value = Expression();
        }

        Literal[] body = [];
        if (IsKeyword("if"))
        {
            body = IfBody();
        }
        else if (_token.Kind is TokenKind.LeftBrace)
        {
            if (_version is RegoVersion.V1)
            {
                throw Fail("`if` keyword is required before rule body");
            }

            _olderForms.Add((Here(), "the body of 'else' without 'if' before it"));
            body = BracedBody();
        }
        else if (value is null)
        {
            throw Fail("else needs a value or a body");
        }

        Enter();
        var branch = head with { At = at, Value = value ?? Truth(at), Body = body, Else = ElseBranch(head) };
        Leave();
        return branch;
    }

    private void CheckDefault(Rule rule, Term? value)
    {
        if (rule.IsSet || rule.Path.Any(part => part is not ConstantTerm { Value: RegoString }))
        {
            throw Fail("default rules cannot be partial");
        }

        if (value is null)
        {
            throw Fail("default rules must have a value");
        }

        if (rule.Arguments is { } arguments && !arguments.All(argument => argument is NameTerm))
        {
            throw Fail("default functions take variables as arguments only");
        }
    }

    private Literal[] IfBody()
    {
        Advance();
        if (_token.Kind is not TokenKind.LeftBrace)
        {
            return [ReadLiteral()];
        }

        // Braces after 'if' hold a body; what cannot be one is an object or a comprehension.
        var (at, depth) = (_at, _depth);
        try
        {
            return BracedBody();
        }
        catch (RegoSyntaxException)
        {
            if (!TryReadLiteralAgain(at, depth, out var literal))
            {
                throw;
            }

            return [literal];
        }
    }

    private bool TryReadLiteralAgain(int at, int depth, [NotNullWhen(true)] out Literal? literal)
    {
        (_at, _depth, _token, literal) = (at, depth, _tokens[at], null);
        try
        {
            literal = ReadLiteral();
            return true;
        }
        catch (RegoSyntaxException)
        {
            return false;
        }
    }

    private Literal[] BracedBody()
    {
        Advance();
        var body = Body(TokenKind.RightBrace);
        if (body.Length == 0)
        {
            throw Fail("found empty body");
        }

        Advance();
        return body;
    }

    private (Term[] Path, bool Bracketed) HeadPath()
    {
        var (path, bracketed) = (new List<Term>(), false);
        while (!_token.SpaceBefore)
        {
            CheckLength(path.Count);
            if (_token.Kind is TokenKind.Dot)
            {
                Advance();
                var at = Here();
                path.Add(new ConstantTerm(at, RegoString.Create(MemberName())));
                bracketed = false;
            }
            else if (_token.Kind is TokenKind.LeftBracket)
            {
                Advance();
                path.Add(Expression());
                Expect(TokenKind.RightBracket, "]");
                bracketed = true;
            }
            else
            {
                break;
            }
        }

        return (path.ToArray(), bracketed);
    }

    private string MemberName()
    {
        if (_token.Kind is not TokenKind.Name)
        {
            throw Fail("expected ident: a name follows the dot");
        }

        var name = _token.Text;
        Advance();
        return name;
    }

    private static ConstantTerm Truth(RegoLocation at) => new(at, RegoValue.True);
}
