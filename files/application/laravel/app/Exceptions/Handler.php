<?php

namespace App\Exceptions;

use Illuminate\Database\QueryException;
use Illuminate\Foundation\Exceptions\Handler as ExceptionHandler;
use Symfony\Component\HttpKernel\Exception\ServiceUnavailableHttpException;
use Throwable;

class Handler extends ExceptionHandler
{
    /** An API has no pages: whoever asks gets JSON, whatever they accept. */
    protected function shouldReturnJson($request, Throwable $e)
    {
        return true;
    }

    /** A database that is away is no fault of the program's, and may be back in a moment. */
    protected function prepareException(Throwable $e)
    {
        if ($e instanceof QueryException) {
            return new ServiceUnavailableHttpException(5, 'the products cannot be read right now', $e);
        }

        return parent::prepareException($e);
    }

    protected function convertExceptionToArray(Throwable $e)
    {
        return ['error' => $this->isHttpException($e) && $e->getMessage() !== ''
            ? $e->getMessage()
            : 'something went wrong'];
    }
}
