using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Casemate.Admission;

/// <summary>Answers reviews: bytes to bytes. Knows nothing of HTTP. Safe for concurrent use.</summary>
public sealed class ReviewHandler
{
    private readonly ReviewContext _context;
    private readonly AdmissionMetrics _metrics;
    private readonly ILogger _logger;

    /// <summary>Makes one.</summary>
    /// <param name="context">What it answers with.</param>
    /// <param name="metrics">What it counts in; stays the caller's.</param>
    /// <param name="logger">Where changes and refusals are told.</param>
    public ReviewHandler(ReviewContext context, AdmissionMetrics metrics, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(logger);
        (_context, _metrics, _logger) = (context, metrics, logger);
    }

    /// <summary>Answers one review.</summary>
    /// <param name="endpoint">What is asked.</param>
    /// <param name="body">The request's body; unchanged until the task has ended.</param>
    /// <param name="answer">Gets the answer as JSON; of a malformed request one line of text.</param>
    /// <param name="cancellationToken">Stops the wait for claim templates.</param>
    public ValueTask<ReviewOutcome> AnswerAsync(
        ReviewEndpoint endpoint, ReadOnlyMemory<byte> body, IBufferWriter<byte> answer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (!ReviewReader.TryRead(body, out var review, out var problem))
        {
            return ValueTask.FromResult(Refuse(endpoint, problem, answer));
        }

        Subject subject;
        AdmissionDecision decision;
        using (review)
        {
            if (!(review.IsNewPod || review.IsDebuggedPod) || !PodInterest.MayUseSgx(review.ObjectText))
            {
                ReviewAnswer.WriteUntouched(review.Uid, answer);
                return ValueTask.FromResult(Count(endpoint, ReviewOutcome.Untouched));
            }

            subject = new Subject(
                Encoding.ASCII.GetString(review.Uid), Encoding.ASCII.GetString(review.Namespace), Encoding.ASCII.GetString(review.Name),
                review.IsDryRun);
            decision = PodAdmission.Decide(
                review.Object, _context.Namespace(subject.Namespace), _context.Cluster(), _context.Settings, review.IsNewPod);
        }

        var makes = endpoint is ReviewEndpoint.Mutate && !decision.ClaimTemplates.IsEmpty && !subject.DryRun
            && !_context.Settings.AuditOnly;
        return makes && _context.ClaimTemplates is { } templates
            ? MakeAsync(templates, endpoint, subject, decision, answer, cancellationToken)
            : ValueTask.FromResult(Answer(endpoint, subject, decision, answer));
    }

    private async ValueTask<ReviewOutcome> MakeAsync(
        IClaimTemplates templates, ReviewEndpoint endpoint, Subject subject, AdmissionDecision decision, IBufferWriter<byte> answer,
        CancellationToken cancellationToken)
    {
        var problem = await templates.EnsureAsync(subject.Namespace, decision.ClaimTemplates, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
        {
            // The pod then waits for its claims, and the next pod of the same size tries again.
            AdmissionLog.TemplatesNotMade(_logger, subject.Namespace, problem);
        }

        return Answer(endpoint, subject, decision, answer);
    }

    private ReviewOutcome Answer(ReviewEndpoint endpoint, Subject subject, AdmissionDecision decision, IBufferWriter<byte> answer)
    {
        ReviewAnswer.Write(subject.Uid, endpoint, decision, _context.Settings.AuditOnly, answer);
        var outcome = decision switch
        {
            { IsDenied: true } => ReviewOutcome.Refused,
            { Patch.IsEmpty: false } when endpoint is ReviewEndpoint.Mutate => ReviewOutcome.Changed,
            { UsesSgx: false, Findings.IsEmpty: true } => ReviewOutcome.Untouched,
            _ => ReviewOutcome.Complete,
        };
        Tell(subject, decision, outcome);
        foreach (var finding in decision.Findings)
        {
            _metrics.Count(finding.Id);
        }

        return Count(endpoint, outcome);
    }

    private void Tell(Subject subject, AdmissionDecision decision, ReviewOutcome outcome)
    {
        // The audit log of the API server has what became of each pod; where nothing becomes of it, this log alone tells.
        var changed = _context.Settings.AuditOnly ? LogLevel.Information : LogLevel.Debug;
        if (outcome is ReviewOutcome.Refused)
        {
            AdmissionLog.PodRefused(
                _logger, subject.Namespace, subject.Name,
                string.Join(",", decision.Findings.Where(finding => finding.Denies).Select(finding => finding.Id)),
                _context.Settings.AuditOnly);
        }
        else if (outcome is ReviewOutcome.Changed && _logger.IsEnabled(changed))
        {
            AdmissionLog.PodChanged(
                _logger, changed, subject.Namespace, subject.Name,
                string.Join(",", decision.Patch.Select(operation => operation.Change).Distinct()), _context.Settings.AuditOnly);
        }
    }

    private ReviewOutcome Refuse(ReviewEndpoint endpoint, string problem, IBufferWriter<byte> answer)
    {
        AdmissionLog.ReviewMalformed(_logger, problem);
        Encoding.UTF8.GetBytes($"This is no review: {problem}.\n", answer);
        return Count(endpoint, ReviewOutcome.Malformed);
    }

    private ReviewOutcome Count(ReviewEndpoint endpoint, ReviewOutcome outcome)
    {
        _metrics.Count(endpoint, outcome);
        return outcome;
    }

    private sealed record Subject(string Uid, string Namespace, string Name, bool DryRun);
}
