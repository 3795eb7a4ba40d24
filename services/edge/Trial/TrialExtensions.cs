using Turnpike.Edge.Options;

namespace Turnpike.Edge.Trial;

public static class TrialExtensions
{
    public static IServiceCollection AddTrialScreen(this IServiceCollection services, EdgeSettings settings) =>
        settings.Trial ? services.AddHostedService<TrialPrinter>() : services;
}
